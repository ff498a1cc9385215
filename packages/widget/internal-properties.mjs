/**
 * Property names that the build shortens in every bundle of the widget alike.
 *
 * A name belongs here only if objects of the client and the widget alone carry it: never the wire, storage, the DOM, an export or
 * the host's page, and never a key that is written as text. test/internal-properties.test.ts checks that. A name
 * that is missing here costs bytes, nothing else.
 */
export const INTERNAL_PROPERTIES = `
  abortConnection acceptSuggestion acknowledge actions addPage addPending addReaction advanceTo aim
  applyChanges applyFrame applyHistory atLatest attempt backoff beforeId behind browserNotifications busy
  cancelExpiry canPlay categories category chat checkForGap clock codes compositionText
  consumeFocusRequest createSocket currentCategory detached discardPending disconnectWithRefusal draft
  elementConnected elementDisconnected emit endAction extras failure fault fullDateTime getReadId
  guestHint handledAt handlers hangul hasJoined hasOlder heightOf here hereNow initials instanceOf
  isComposingText isInitials isInvalid isLive isolate isOpen isShiftEnter isSupported jumpTo jumpToLatest
  jumpToQuoted justNow languageCode lastComposition lastId lastSeenId latest loadAround loadChat loadGap
  loadNewer loadOlder loadPage localeChanged loginHint markCaughtUp markFailed matchesInside memberCount
  missedCount newest newLine newMessages noEmojiFound notices notifyTyping offeredScopes onCaughtUp
  onConnect onDestroyed onDisconnect onEvent onFailed onHandshake onPermissions onPresence onRefused
  onSent onSession onShowAll onStateChange onStored onTick onTyping onWake openStateChanged ownId ownName
  ownUsername past pick PickerComponent pieces pinToEnd plural preloadDistancePx Profile profileOf
  provider quotedGone rank reactedWith receive reconnect reconnectNow reconnectWithin recordTyping
  refreshStale refusal refusalCode registry relativeTime releasedSeq remaining removeSure renew renewable
  replaceStale reply replyingTo requestLogin resetTo resolveSettings retained scrollToMessage searchEmoji
  sections sending sendWhenComposed setBadge setCount setFault setHead setReplyingTo setSession setText
  settings setToken shouldRenew showPageAround snapshot staleBefore startAction sticks stopTyping strings
  take today toFirstUnread trackPageRequest trackReadPosition transmit tryNow typingMany typingOne
  typingTwo unreadMarker upTo visitor visitorChanged webSocketSilent yesterday
`
  .trim()
  .split(/\s+/);
