/** ما تقوله أجزاء الأداة التي تُحمَّل لاحقًا، بالعربية. */

import type { ExtraStringTable } from '../strings.js';

const REACTED = {
  zero: 'لم يتفاعل أحد',
  one: 'تفاعل شخص واحد',
  two: 'تفاعل شخصان',
  few: 'تفاعل # أشخاص',
  many: 'تفاعل # شخصًا',
  other: 'تفاعل # شخص',
};

const SLOW_MODE = {
  zero: 'الوضع البطيء متوقف.',
  one: 'الوضع البطيء: رسالة واحدة كل ثانية.',
  two: 'الوضع البطيء: رسالة واحدة كل ثانيتين.',
  few: 'الوضع البطيء: رسالة واحدة كل # ثوانٍ.',
  many: 'الوضع البطيء: رسالة واحدة كل # ثانية.',
  other: 'الوضع البطيء: رسالة واحدة كل # ثانية.',
};

export const ar: ExtraStringTable = ({ number, plural, isolate: name }) => {
  const reacted = plural(REACTED);
  return {
    edit: 'تعديل',
    removeSure: 'هل تريد حذف هذه الرسالة؟',
    save: 'حفظ',
    cancel: 'إلغاء',
    reply: 'رد',
    jumpToQuoted: 'الانتقال إلى الرسالة الأصلية',
    quotedGone: 'حُذفت الرسالة الأصلية',
    react: 'تفاعل',
    addReaction: 'إضافة تفاعل',
    emoji: 'الرموز التعبيرية',
    searchEmoji: 'ابحث عن رمز تعبيري',
    noEmojiFound: 'لم يُعثر على رموز تعبيرية',
    mention: 'إشارة',
    moderator: 'مشرف',
    admin: 'مدير',
    typingMany: 'عدة أشخاص يكتبون الآن…',
    toFirstUnread: (count) => `إلى أول رسالة غير مقروءة (${number(count)})`,
    slowMode: plural(SLOW_MODE),
    until: (when) => `حتى ${when}.`,
    replyingTo: (who) => `الرد على ${name(who)}`,
    profileOf: (who) => `الملف الشخصي: ${name(who)}`,
    typingOne: (who) => `${name(who)} يكتب الآن…`,
    typingTwo: (one, other) => `${name(one)} و${name(other)} يكتبان الآن…`,
    reactedWith: (emoji, count) => `${reacted(count)} بالرمز ${emoji}`,
    codes: {
      draining: 'يجري نقل الدردشة إلى خادم آخر. حاول مرة أخرى بعد قليل.',
      token_claims: 'ينقص ملفك الشخصي في هذا الموقع شيء تحتاج إليه الدردشة.',
      invalid: 'تعذّرت قراءة هذه الرسالة.',
      conflict: 'أُرسلت هذه الرسالة من قبل بمحتوى آخر.',
      too_many: 'لا يمكن إضافة تفاعلات جديدة أخرى إلى هذه الرسالة.',
      not_found: 'الرسالة المقصودة لم تعد موجودة.',
      room_unknown: 'لا توجد هذه الغرفة.',
      banned: 'أنت محظور من هذه الدردشة.',
      kicked: 'أخرجك أحد المشرفين من الدردشة لفترة قصيرة.',
      muted: 'قام أحد المشرفين بكتمك.',
      frozen: 'الدردشة متوقفة مؤقتًا.',
      read_only: 'يمكنك القراءة فقط هنا.',
      level_required: 'تحتاج إلى مستوى أعلى للكتابة هنا.',
      slow_mode: 'الوضع البطيء مفعّل. انتظر قبل إرسال رسالة أخرى.',
      duplicate: 'لقد أرسلت الرسالة نفسها للتو.',
      links_refused: 'لا يمكنك نشر الروابط هنا بعد.',
      word_refused: 'تحتوي رسالتك على كلمة غير مسموح بها.',
      name_reserved: 'هذا الاسم محجوز.',
    },
    categories: {
      recent: 'المستخدمة مؤخرًا',
      smileys: 'وجوه تعبيرية',
      people: 'أشخاص',
      nature: 'حيوانات وطبيعة',
      food: 'طعام وشراب',
      travel: 'سفر وأماكن',
      activity: 'أنشطة',
      objects: 'أشياء',
      symbols: 'رموز',
      flags: 'أعلام',
    },
  };
};
