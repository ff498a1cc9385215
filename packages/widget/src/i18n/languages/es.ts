/** Todo lo que dice el widget, en español. */

import type { StringTable } from '../strings.js';

export const es: StringTable = ({ number, plural }) => {
  const left = plural({ one: 'Queda # carácter', other: 'Quedan # caracteres' });
  const over = plural({ one: 'Sobra # carácter', other: 'Sobran # caracteres' });
  return {
    title: 'Chat',
    open: 'Abrir el chat',
    close: 'Cerrar el chat',
    messages: 'Mensajes',
    write: 'Escribe un mensaje',
    send: 'Enviar',
    retry: 'Reintentar',
    remove: 'Eliminar',
    edited: '(editado)',
    removed: 'Mensaje eliminado',
    older: 'Ver mensajes anteriores',
    newer: 'Ver mensajes posteriores',
    missing: 'Cargar los mensajes que faltan',
    loading: 'Cargando…',
    latest: 'Ir a los últimos mensajes',
    newLine: 'Mensajes nuevos',
    sending: 'Enviando…',
    tryNow: 'Reintentar ahora',
    empty: 'Todavía no hay mensajes. ¡Saluda!',
    login: 'Inicia sesión para chatear',
    loginHint: 'Podrás unirte a la conversación cuando inicies sesión.',
    guestHint: 'Inicia sesión para unirte a la conversación',
    today: 'Hoy',
    yesterday: 'Ayer',
    justNow: 'ahora mismo',
    spoiler: 'Mostrar el texto oculto',
    newMessages: plural({ one: '# mensaje nuevo', other: '# mensajes nuevos' }),
    unread: plural({ one: '# mensaje sin leer', other: '# mensajes sin leer' }),
    left: (count) => (count >= 0 ? left(count) : over(-count)),
    here: (count) => `${number(count)} en línea`,
    hereNow: plural({ one: 'Ahora hay # persona aquí', other: 'Ahora hay # personas aquí' }),
    states: {
      idle: 'Conectando…',
      connecting: 'Conectando…',
      recovering: 'Recuperando lo que te perdiste…',
      live: 'Conectado',
      waiting: 'Se perdió la conexión. Lo intentaremos de nuevo enseguida.',
      refused: 'Ahora mismo no puedes unirte a este chat',
      closed: 'El chat ha terminado',
    },
    codes: {
      unavailable: 'El chat no está disponible en este momento. Inténtalo de nuevo en un momento.',
      rate_limited: 'Estás enviando mensajes muy rápido. Espera un momento.',
      token_missing: 'Inicia sesión en este sitio para chatear.',
      token_invalid: 'No pudimos confirmar tu sesión. Vuelve a iniciar sesión en este sitio.',
      token_expired: 'Tu sesión ha caducado. Vuelve a cargar la página.',
      origin_refused: 'El chat no está permitido en esta página.',
      empty: 'No hay nada que enviar.',
      too_long: 'Este mensaje es demasiado largo.',
      login_required: 'Inicia sesión para poder hacerlo.',
      forbidden: 'Aquí no puedes hacer eso.',
    },
  };
};
