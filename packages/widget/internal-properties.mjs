/**
 * Property names that the build shortens in every bundle of the widget alike.
 *
 * A name belongs here only if objects of the client and the widget alone carry it: never the wire, storage, the DOM or
 * the host's page, and never a key that is written as text. test/internal-properties.test.ts checks that. A name
 * that is missing here costs bytes, nothing else.
 */
export const INTERNAL_PROPERTIES = `
  abortConnection acceptSuggestion acknowledge actions ActionToolbar addPending advanceTo applyChanges
  applyHistory atLatest backoffMs beforeId behind browserNotifications cancelExpiry category chat
  checkForGap clock codes consumeFocusRequest createProfileButton createSocket currentCategory
  DeleteConfirmation detached discardPending disconnectWithRefusal draft elementConnected
  elementDisconnected emit endAction extras failure fullDateTime handlers hangul hasJoined hasOlder
  heightOf initials instanceOf isInitials isInvalid isolate isOpen isSupported jumpTo jumpToLatest
  languageCode lastId lastSeenId loadAround loadChat loadNewer loadOlder loadPage localeChanged
  markCaughtUp markFailed matchesInside memberCount MentionSuggestions MessageEditor missedCount
  notifyTyping offeredScopes onCaughtUp onConnect onDestroyed onDisconnect onFailed onHandshake
  onPermissions onPresence onRefused onSent onSession onShowAll onStateChange onStored onTyping
  openStateChanged ownId ownName ownUsername past pick PickerComponent pieces plural preloadDistancePx
  Profile provider QuotedMessage reactedWith ReactionPicker reconnect reconnectNow reconnectWithin
  recordTyping refreshStale refusal refusalCode RefusalDetails registry relativeTime releasedSeq remaining
  renewable replaceStale requestLogin resolveSettings retained scrollToMessage sections setBadge setCount
  setHead setReplyingTo setSession setText settings setToken shouldRenew showPageAround SlowModeNotice
  snapshot staleBefore startAction sticks stopTyping strings Switches trackPageRequest trackReadPosition
  transmit TypingIndicator typingTwo unreadMarker upTo visitor visitorChanged webSocketSilent writeBlock
`
  .trim()
  .split(/\s+/);
