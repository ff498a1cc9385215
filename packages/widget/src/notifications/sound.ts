/** The notification sound, synthesized; silent until a user gesture, as browsers require. */

type NotificationSound = {
  /** Whether the visitor has done something, so that it can be heard. */
  canPlay(): boolean;
  play(): void;
  dispose(): void;
};

/** What browsers take for an act of the visitor. */
const USER_GESTURES = ['click', 'keydown'] as const;
/** Two notes that rise, in Hz; each so loud at most, where 1 is full, and so long in seconds. */
const NOTE_FREQUENCIES_HZ = [660, 880];
const PEAK_GAIN = 0.07;
const NOTE_SECONDS = 0.32;
const NOTE_INTERVAL_SECONDS = 0.11;

export function createNotificationSound(): NotificationSound {
  let context: AudioContext | null = null;
  let isPlaying = false;

  function toggleGestureListeners(on: boolean): void {
    for (const gesture of USER_GESTURES)
      if (on) addEventListener(gesture, unlockAudio, { capture: true, passive: true });
      else removeEventListener(gesture, unlockAudio, { capture: true });
  }

  /** Made within the act, or Safari leaves it mute; asleep until it is needed, or it holds the device's sound. */
  async function unlockAudio(): Promise<void> {
    try {
      context ??= new AudioContext();
      await context.resume();
      toggleGestureListeners(false);
      if (!isPlaying) await context.suspend();
    } catch {
      // A device without sound.
    }
  }

  function playNotes(output: AudioContext, done: () => void): void {
    NOTE_FREQUENCIES_HZ.forEach((pitch, index) => {
      const start = output.currentTime + index * NOTE_INTERVAL_SECONDS;
      const tone = new OscillatorNode(output, { frequency: pitch });
      const volume = new GainNode(output, { gain: 0 });
      volume.gain.setValueAtTime(0, start);
      volume.gain.linearRampToValueAtTime(PEAK_GAIN, start + 0.015);
      volume.gain.exponentialRampToValueAtTime(0.0001, start + NOTE_SECONDS);
      tone.connect(volume).connect(output.destination);
      tone.start(start);
      tone.stop(start + NOTE_SECONDS);
      if (index === NOTE_FREQUENCIES_HZ.length - 1) tone.onended = done;
    });
  }

  toggleGestureListeners(true);
  return {
    canPlay: () => context !== null,
    async play() {
      if (!context || isPlaying) return;
      isPlaying = true;
      const output = context;
      try {
        await output.resume();
        playNotes(output, () => {
          isPlaying = false;
          void output.suspend().catch(() => undefined);
        });
      } catch {
        // It ended meanwhile.
        isPlaying = false;
      }
    },
    dispose() {
      toggleGestureListeners(false);
      void context?.close().catch(() => undefined);
      context = null;
    },
  };
}
