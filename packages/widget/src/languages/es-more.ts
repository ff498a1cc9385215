/** Lo que dicen las partes del widget que llegan después, en español. */

import type { MoreTable } from '../words.js';

export const es: MoreTable = ({ number, plural, name }) => {
  const reacted = plural({ one: '# persona reaccionó', other: '# personas reaccionaron' });
  return {
    edit: 'Editar',
    removeSure: '¿Eliminar este mensaje?',
    save: 'Guardar',
    cancel: 'Cancelar',
    reply: 'Responder',
    jumpToQuoted: 'Ir al mensaje original',
    quotedGone: 'El mensaje original se eliminó',
    react: 'Reaccionar',
    addReaction: 'Añadir una reacción',
    emoji: 'Emojis',
    searchEmoji: 'Buscar emojis',
    noEmojiFound: 'No se encontraron emojis',
    mention: 'Mencionar',
    typingMany: 'Varias personas están escribiendo…',
    toFirstUnread: (count) => `Ir al primer mensaje sin leer (${number(count)})`,
    replyingTo: (who) => `Respondiendo a ${name(who)}`,
    typingOne: (who) => `${name(who)} está escribiendo…`,
    typingTwo: (one, other) => `${name(one)} y ${name(other)} están escribiendo…`,
    reactedWith: (emoji, count) => `${reacted(count)} con ${emoji}`,
    codes: {
      draining: 'El chat se está trasladando a otro servidor. Inténtalo de nuevo en un momento.',
      token_claims: 'A tu perfil en este sitio le falta algo que el chat necesita.',
      invalid: 'No se pudo leer este mensaje.',
      conflict: 'Este mensaje ya se envió con otro contenido.',
      too_many: 'Este mensaje ya tiene demasiadas reacciones distintas.',
      not_found: 'El mensaje en cuestión ya no existe.',
      banned: 'No puedes usar este chat: te han expulsado.',
      kicked: 'Un moderador te ha sacado del chat por un momento.',
      muted: 'Un moderador te ha silenciado.',
      frozen: 'El chat está en pausa.',
      read_only: 'Aquí solo puedes leer.',
      level_required: 'Necesitas un nivel más alto para escribir aquí.',
      slow_mode: 'El modo lento está activado. Espera antes de enviar otro mensaje.',
      duplicate: 'Acabas de enviar el mismo mensaje.',
      links_refused: 'Todavía no puedes publicar enlaces.',
      word_refused: 'Tu mensaje contiene una palabra no permitida.',
      name_reserved: 'Este nombre está reservado.',
    },
    categories: {
      recent: 'Usados hace poco',
      smileys: 'Caritas',
      people: 'Personas',
      nature: 'Animales y naturaleza',
      food: 'Comida y bebida',
      travel: 'Viajes y lugares',
      activity: 'Actividades',
      objects: 'Objetos',
      symbols: 'Símbolos',
      flags: 'Banderas',
    },
  };
};
