/** The composer: Enter sends the message, Shift+Enter inserts a line break. */

import type { ChatClient, TimedRefusal } from '@chatty/client';
import type { Message, RefusalCode } from '@chatty/protocol';
import { hasVisibleText } from '@chatty/protocol';
import type { RefObject } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { ComposerDraft, Extras } from '../extras-api.js';
import type { Language } from '../i18n/locale.js';
import { Icon } from '../panel/icon.js';
import { RefusalText } from '../panel/refusal-text.js';
import { FieldHint, remainingGraphemes } from './field-hint.js';
import { MessageField } from './message-field.js';

type Props = {
  chat: ChatClient;
  /** Why the visitor may not write now. */
  writeBlock: TimedRefusal | null;
  language: Language;
  draft: ComposerDraft;
  /** The message being answered. */
  replyingTo: Message | null;
  setReplyingTo: (message: Message | null) => void;
  extras: Extras | null;
  /** Whether the field that appears now takes the focus. */
  consumeFocusRequest: () => boolean;
};

export function Composer(props: Props) {
  const { chat, writeBlock, language, draft, replyingTo, setReplyingTo, extras } = props;
  const field = useRef<HTMLTextAreaElement>(null);
  const blockNotice = useRef<HTMLParagraphElement>(null);
  const acceptSuggestion = useRef<(() => boolean) | null>(null);
  const [text, setText] = useState(draft.text);
  const [refusalCode, setRefusalCode] = useState<RefusalCode | null>(null);
  const remaining = remainingGraphemes(text);
  const isSlowMode = writeBlock?.code === 'slow_mode';
  const isBlocked = writeBlock !== null && !isSlowMode;
  useFieldFocus(props, field, blockNotice, isBlocked);

  const updateText = (value: string) => {
    draft.text = value;
    setText(value);
  };
  const submit = () => {
    const element = field.current;
    // A name that is being chosen takes the Enter.
    if (!element || !hasVisibleText(element.value) || acceptSuggestion.current?.() || writeBlock) return;
    const code = chat.send(element.value, replyingTo?.id ?? null);
    setRefusalCode(code);
    if (code !== null) return;
    element.value = '';
    setReplyingTo(null);
    updateText('');
  };

  if (isBlocked)
    return (
      <p class="composer join" part="composer" role="status" tabIndex={-1} ref={blockNotice}>
        <RefusalText refusal={writeBlock} {...{ extras, language }} />
      </p>
    );
  return (
    <form
      class="composer"
      part="composer"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
        field.current?.focus();
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || event.isComposing || !replyingTo) return;
        // The panel would close.
        event.stopPropagation();
        setReplyingTo(null);
      }}
    >
      {extras && replyingTo && (
        <extras.ReplyBanner message={replyingTo} language={language} cancel={() => setReplyingTo(null)} />
      )}
      <MessageField
        field={field}
        text={text}
        label={language.strings.write}
        isInvalid={refusalCode !== null || remaining < 0}
        onChange={(value) => {
          updateText(value);
          if (value !== '') chat.notifyTyping();
          setRefusalCode(null);
        }}
        onSubmit={submit}
      />
      {extras && (
        <>
          <extras.MentionSuggestions
            {...{ chat, field, text, language, setText: updateText, acceptSuggestion }}
          />
          <extras.EmojiButton
            language={language}
            pick={(emoji) => {
              const element = field.current;
              if (!element) return;
              element.setRangeText(emoji, element.selectionStart, element.selectionEnd, 'end');
              updateText(element.value);
            }}
          />
        </>
      )}
      <SendButton
        {...{ language, extras, writeBlock }}
        disabled={!hasVisibleText(text) || remaining < 0 || isSlowMode}
      />
      {extras && <extras.SlowModeNotice until={writeBlock?.until ?? null} {...{ chat, language }} />}
      <FieldHint refusalCode={refusalCode} remaining={remaining} language={language} />
    </form>
  );
}

/** Moves the focus where the visitor goes on: to the field, or to the notice that replaces it. */
function useFieldFocus(
  { draft, replyingTo, consumeFocusRequest }: Props,
  field: RefObject<HTMLTextAreaElement | null>,
  blockNotice: RefObject<HTMLElement | null>,
  isBlocked: boolean,
): void {
  const initialReplyingTo = useRef(replyingTo);
  /** The field has the focus, and is about to go. */
  const fieldLosesFocus = isBlocked && field.current?.matches(':focus');

  useLayoutEffect(() => {
    // Set once: a controlled field would disturb an input method.
    if (field.current) field.current.value = draft.text;
    if (fieldLosesFocus) blockNotice.current?.focus({ preventScroll: true });
  }, [draft, isBlocked]);

  useLayoutEffect(() => {
    if (consumeFocusRequest()) field.current?.focus({ preventScroll: true });
  }, [draft]);

  useLayoutEffect(() => {
    // A reply chosen before the field appeared was not chosen just now.
    if (replyingTo && replyingTo !== initialReplyingTo.current) field.current?.focus();
    initialReplyingTo.current = replyingTo;
  }, [replyingTo]);
}

function SendButton({
  language: { strings },
  extras,
  writeBlock,
  disabled,
}: Pick<Props, 'language' | 'extras' | 'writeBlock'> & { disabled: boolean }) {
  return (
    <button type="submit" class="send" aria-label={strings.send} title={strings.send} disabled={disabled}>
      {extras && writeBlock?.until ? (
        <extras.Countdown until={writeBlock.until} />
      ) : (
        <Icon path="M12 20V5M5.5 11 12 4.5 18.5 11" />
      )}
    </button>
  );
}
