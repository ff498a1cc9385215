/** A short soft sound, made and not loaded; silent until the visitor has done something on the page, as browsers want it. */

type Chime = {
  /** Whether the visitor has done something, so that it can be heard. */
  ready(): boolean;
  ring(): void;
  end(): void;
};

/** What browsers take for an act of the visitor. */
const ACTS = ['click', 'keydown'] as const;
/** Two notes that rise, in Hz; each so loud at most, where 1 is full, and so long in seconds. */
const NOTES = [660, 880];
const LOUDNESS = 0.07;
const LENGTH = 0.32;
const APART = 0.11;

export function createChime(): Chime {
  let context: AudioContext | null = null;
  let rings = false;

  function listen(on: boolean): void {
    for (const act of ACTS)
      if (on) addEventListener(act, allow, { capture: true, passive: true });
      else removeEventListener(act, allow, { capture: true });
  }

  /** Made within the act, or Safari leaves it mute; asleep until it is needed, or it holds the device's sound. */
  async function allow(): Promise<void> {
    try {
      context ??= new AudioContext();
      await context.resume();
      listen(false);
      if (!rings) await context.suspend();
    } catch {
      // A device without sound.
    }
  }

  function play(output: AudioContext, done: () => void): void {
    NOTES.forEach((pitch, index) => {
      const start = output.currentTime + index * APART;
      const tone = new OscillatorNode(output, { frequency: pitch });
      const volume = new GainNode(output, { gain: 0 });
      volume.gain.setValueAtTime(0, start);
      volume.gain.linearRampToValueAtTime(LOUDNESS, start + 0.015);
      volume.gain.exponentialRampToValueAtTime(0.0001, start + LENGTH);
      tone.connect(volume).connect(output.destination);
      tone.start(start);
      tone.stop(start + LENGTH);
      if (index === NOTES.length - 1) tone.onended = done;
    });
  }

  listen(true);
  return {
    ready: () => context !== null,
    async ring() {
      if (!context || rings) return;
      rings = true;
      const output = context;
      try {
        await output.resume();
        play(output, () => {
          rings = false;
          void output.suspend().catch(() => undefined);
        });
      } catch {
        // It ended meanwhile.
        rings = false;
      }
    },
    end() {
      listen(false);
      void context?.close().catch(() => undefined);
      context = null;
    },
  };
}
