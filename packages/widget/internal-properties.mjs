/**
 * Property names that the build shortens in every bundle of the widget alike.
 *
 * A name belongs here only if objects of the client and the widget alone carry it: never the wire, storage, the DOM, an export or
 * the host's page, and never a key that is written as text. test/internal-properties.test.ts checks that. A name
 * that is missing here costs bytes, nothing else.
 */
export const INTERNAL_PROPERTIES = `
  abortConnection acceptSuggestion acknowledge actions addPage addPending addReaction advanceTo
  applyChanges applyFrame applyHistory applyLayout atLatest attempt backoff beforeId behind bottomSpacer
  browserNotifications busy cancelExpiry canPlay categories category chat checkForGap clock codes
  compositionText consumeFocusRequest createSocket currentCategory detached discardPending
  disconnectWithRefusal draft elementConnected elementDisconnected emit endAction extras failure fault
  fullDateTime getReadId guestHint handledAt handlers hangul hasJoined hasOlder heightOf here hereNow
  initials instanceOf isComposingText isInitials isInvalid isLive isolate isOpen isPinnedToEnd isSearching
  isShiftEnter isSupported jumpTo jumpToLatest jumpToQuoted justNow languageCode lastComposition lastId
  lastSeenId latest loadAround loadChat loadedEmoji loadGap loadNewer loadOlder loadPage localeChanged
  loginHint markCaughtUp markFailed matchesInside memberCount missedCount newLine newMessages noEmojiFound
  notices notifyTyping offeredScopes onCaughtUp onConnect onDestroyed onDisconnect onEnter onEvent
  onFailed onHandshake onMessage onPermissions onPresence onRefused onSent onSession onShowAll
  onStateChange onStored onTick onTyping onWake openStateChanged ownId ownName ownUsername past pick
  pickCell PickerComponent pieces pinToEnd plural preloadDistancePx Profile profileOf provider quotedGone
  rank reactedWith receive reconnect reconnectNow reconnectWithin recordTyping refreshStale refusal
  refusalCode registry relativeTime releasedSeq remaining removeSure renew renewable replaceStale reply
  replyingTo requestLogin resetTo resolveSettings retained scrollToCategory scrollToMessage searchEmoji
  sections sending sendWhenComposed setBadge setCount setFault setHead setItems setQuery setReplyingTo
  setSession setText settings setToken shouldRenew showPageAround snapshot staleBefore startAction
  stopTyping strings take today toFirstUnread topSpacer trackPageRequest trackReadPosition transmit tryNow
  typingMany typingOne typingTwo unreadMarker unseen updateCurrentCategory upTo visitor visitorChanged
  webSocketSilent yesterday
`
  .trim()
  .split(/\s+/);
