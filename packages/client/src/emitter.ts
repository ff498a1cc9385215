/** The smallest thing listeners can hang on: typed events, and an answer that takes the listener off again. */

export type Listeners<Events> = {
  on<Name extends keyof Events>(name: Name, listener: (value: Events[Name]) => void): () => void;
};

export type Emitter<Events> = Listeners<Events> & {
  emit<Name extends keyof Events>(name: Name, value: Events[Name]): void;
  clear(): void;
};

export function createEmitter<Events>(): Emitter<Events> {
  const listeners = new Map<keyof Events, Set<(value: never) => void>>();
  return {
    on(name, listener) {
      const subscribers = listeners.get(name) ?? new Set();
      listeners.set(name, subscribers.add(listener));
      return () => subscribers.delete(listener);
    },
    emit(name, value) {
      // A copy: a listener may take itself off while it runs.
      for (const listener of [...(listeners.get(name) ?? [])]) {
        try {
          (listener as (value: unknown) => void)(value);
        } catch (error) {
          // Its own failure, for its own page to hear of; following the room goes on.
          queueMicrotask(() => {
            throw error;
          });
        }
      }
    },
    clear: () => listeners.clear(),
  };
}
