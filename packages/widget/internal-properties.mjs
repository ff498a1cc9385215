/**
 * Property names that the build shortens in every bundle of the widget alike.
 *
 * A name belongs here only if objects of the client and the widget alone carry it: never the wire, storage, the DOM, an export or
 * the host's page, and never a key that is written as text. test/internal-properties.test.ts checks that. A name
 * that is missing here costs bytes, nothing else.
 */
export const INTERNAL_PROPERTIES = `
  abortConnection acceptSuggestion acknowledge actions addPage addPending advanceTo applyChanges applyFrame
  applyHistory atLatest attempt beforeId behind browserNotifications cancelExpiry canPlay
  category chat checkForGap clock codes consumeFocusRequest createSocket currentCategory
  detached discardPending disconnectWithRefusal draft elementConnected elementDisconnected emit
  endAction extras failure fullDateTime getReadId handlers hangul hasJoined hasOlder heightOf
  initials instanceOf isInitials isInvalid isLive isolate isOpen isSupported jumpTo jumpToLatest
  languageCode lastId lastSeenId loadAround loadChat loadGap loadNewer loadOlder loadPage localeChanged
  markCaughtUp markFailed matchesInside memberCount missedCount notifyTyping offeredScopes onCaughtUp
  onConnect onDestroyed onDisconnect onFailed onHandshake onPermissions onPresence onRefused onSent
  onSession onShowAll onStateChange onStored onTick onTyping onWake openStateChanged ownId ownName
  ownUsername past pick PickerComponent pieces pinToEnd plural preloadDistancePx Profile
  provider reactedWith receive reconnect reconnectNow reconnectWithin recordTyping refreshStale
  refusal refusalCode registry relativeTime releasedSeq remaining renew renewable replaceStale
  requestLogin resetTo resolveSettings retained scrollToMessage sections setBadge setCount setFault
  setHead setReplyingTo setSession setText settings setToken shouldRenew showPageAround snapshot
  staleBefore startAction sticks stopTyping strings trackPageRequest trackReadPosition transmit
  typingTwo unreadMarker upTo visitor visitorChanged webSocketSilent
`
  .trim()
  .split(/\s+/);
