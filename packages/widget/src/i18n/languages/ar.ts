/** كل ما تقوله أداة الدردشة، بالعربية. */

import type { StringTable } from '../strings.js';

const REMAINING = {
  zero: 'لم يتبقَّ أي حرف',
  one: 'بقي حرف واحد',
  two: 'بقي حرفان',
  few: 'بقيت # أحرف',
  many: 'بقي # حرفًا',
  other: 'بقي # حرف',
};

const EXCEEDED = {
  one: 'تجاوزت الحد بحرف واحد',
  two: 'تجاوزت الحد بحرفين',
  few: 'تجاوزت الحد بمقدار # أحرف',
  many: 'تجاوزت الحد بمقدار # حرفًا',
  other: 'تجاوزت الحد بمقدار # حرف',
};

const NEW_MESSAGES = {
  zero: 'لا رسائل جديدة',
  one: 'رسالة جديدة',
  two: 'رسالتان جديدتان',
  few: '# رسائل جديدة',
  many: '# رسالة جديدة',
  other: '# رسالة جديدة',
};

const UNREAD = {
  zero: 'لا رسائل غير مقروءة',
  one: 'رسالة غير مقروءة',
  two: 'رسالتان غير مقروءتين',
  few: '# رسائل غير مقروءة',
  many: '# رسالة غير مقروءة',
  other: '# رسالة غير مقروءة',
};

const HERE = {
  zero: 'لا أحد هنا',
  one: 'شخص واحد',
  two: 'شخصان',
  few: '# أشخاص',
  many: '# شخصًا',
  other: '# شخص',
};

const HERE_NOW = {
  zero: 'لا أحد هنا الآن',
  one: 'يوجد هنا الآن شخص واحد',
  two: 'يوجد هنا الآن شخصان',
  few: 'يوجد هنا الآن # أشخاص',
  many: 'يوجد هنا الآن # شخصًا',
  other: 'يوجد هنا الآن # شخص',
};

export const ar: StringTable = ({ plural }) => {
  const left = plural(REMAINING);
  const over = plural(EXCEEDED);
  return {
    title: 'الدردشة',
    open: 'افتح الدردشة',
    close: 'أغلق الدردشة',
    messages: 'الرسائل',
    write: 'اكتب رسالة',
    send: 'إرسال',
    retry: 'إعادة الإرسال',
    remove: 'حذف',
    edited: '(معدّلة)',
    removed: 'حُذفت هذه الرسالة',
    older: 'عرض الرسائل السابقة',
    newer: 'عرض الرسائل اللاحقة',
    missing: 'تحميل الرسائل الناقصة',
    loading: 'جارٍ التحميل…',
    latest: 'إلى أحدث الرسائل',
    newLine: 'رسائل جديدة',
    sending: 'جارٍ الإرسال…',
    tryNow: 'حاول الآن',
    empty: 'لا توجد رسائل بعد. ابدأ بالتحية!',
    login: 'سجّل الدخول للدردشة',
    loginHint: 'يمكنك المشاركة في المحادثة بعد تسجيل الدخول.',
    guestHint: 'سجّل الدخول للمشاركة في المحادثة',
    today: 'اليوم',
    yesterday: 'أمس',
    justNow: 'الآن',
    spoiler: 'إظهار النص المخفي',
    newMessages: plural(NEW_MESSAGES),
    unread: plural(UNREAD),
    left: (count) => (count >= 0 ? left(count) : over(-count)),
    here: plural(HERE),
    hereNow: plural(HERE_NOW),
    states: {
      idle: 'جارٍ الاتصال…',
      connecting: 'جارٍ الاتصال…',
      recovering: 'جارٍ جلب ما فاتك…',
      live: 'متصل',
      waiting: 'انقطع الاتصال. سنعيد المحاولة قريبًا.',
      refused: 'لا يمكنك الانضمام إلى هذه الدردشة الآن',
      closed: 'انتهت الدردشة',
    },
    codes: {
      unavailable: 'الدردشة غير متاحة حاليًا. حاول مرة أخرى بعد قليل.',
      rate_limited: 'أنت ترسل بسرعة كبيرة. انتظر لحظة من فضلك.',
      token_missing: 'سجّل الدخول إلى هذا الموقع لتتمكن من الدردشة.',
      token_invalid: 'تعذّر التحقق من تسجيل دخولك. سجّل الدخول إلى هذا الموقع مرة أخرى.',
      token_expired: 'انتهت صلاحية تسجيل دخولك. أعد تحميل الصفحة من فضلك.',
      origin_refused: 'الدردشة غير مسموح بها في هذه الصفحة.',
      empty: 'لا يوجد ما يمكن إرساله.',
      too_long: 'هذه الرسالة طويلة جدًا.',
      login_required: 'سجّل الدخول للقيام بذلك.',
      forbidden: 'لا يمكنك فعل ذلك هنا.',
    },
  };
};
