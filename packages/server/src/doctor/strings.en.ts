/** What the doctor says in English. */

import { refusalCodes } from '@chatty/protocol';
import type { DoctorStrings } from './outcomes.js';

export const englishStrings: DoctorStrings = {
  titles: {
    form: 'Form',
    project: 'Project',
    algorithm: 'Algorithm (alg)',
    key: 'Key (kid)',
    signature: 'Signature',
    issued: 'Issued (iat, nbf)',
    expiry: 'End (exp)',
    lifetime: 'Lifetime',
    name: 'Username',
    user: 'User id',
    avatar: 'Avatar',
    role: 'Role',
    cutoff: 'Taken back',
    exclusion: 'Ban',
    origin: 'Origin of the page',
    room: 'Reading',
    writing: 'Writing',
    guests: 'Guests',
    entry: 'Entry',
  },
  advice: {
    skipped: 'Not looked at, because of what failed above.',
    'form ok': 'A JWT of {length} characters.',
    'form not_text': 'The token has to be a string.',
    'form too_long': 'Longer than 8,192 characters. Sign only the claims that Chatty reads.',
    'form not_jwt':
      'This is no JWT: three parts with dots between. Copy it whole, without quotes and without “Bearer”.',
    'project ok': 'It names this project, {project}.',
    'project other':
      'It is for the project “{named}”. Sign it with projectId “{project}”, or look at it in that project.',
    'project missing': 'It names no project. Sign it with projectId “{project}”, as a string.',
    'algorithm ok': '{alg}, which this project accepts.',
    'algorithm refused': 'It says {alg}, but this project accepts {accepted}. Sign it with that.',
    'algorithm nothing':
      'No key of this project is in force, so nobody gets in. Make one: npm run project -- secret {project}',
    'key ok': 'It asks for the key {kid}, which is in force.',
    'key none': 'It names no key, so each one in force is tried. That is fine.',
    'key shared': 'It names the key {kid}, which is not looked at: this project has no key of its own.',
    'key unknown':
      'There is no key {kid} in this project. Use the kid that was shown with the secret, or leave kid out.',
    'key revoked': 'The key {kid} was revoked at {at}. Sign with one that is in force.',
    'key expired': 'The key {kid} ended at {at}. Sign with one that is in force.',
    'key other_algorithm': 'The key {kid} is for {algorithm}, but the token says {alg}.',
    'key unusable':
      'The server cannot open the key {kid}: its SECRETS_KEY is not the one the secret was sealed with. The operator finds it in the log.',
    'signature ok': 'Signed with the key {kid} of this project.',
    'signature shared': 'Signed with the JWT_SECRET of the server.',
    'signature no_match':
      'Signed with none of the keys it may be signed with: {keys}. Give your backend the secret as it was shown, as text, without spaces or quotes; do not decode it from hex or base64.',
    'signature malformed':
      'The signature cannot be checked: the token was cut, changed on its way, or has an unreadable part.',
    'signature unreachable':
      'The host’s public keys (JWKS) cannot be fetched at the moment. Is their address reachable from the chat server?',
    'signature key_gone': 'Its key has just come to its end. Sign with one that is in force.',
    'issued ok': 'Issued {ago} ago, at {at}.',
    'issued none': 'It does not say when it was issued, so every cut-off takes it back. Better sign iat too.',
    'issued not_yet':
      'It is valid from {at} only (nbf), in {ahead}. Take nbf out, or set your backend’s clock.',
    'issued future':
      'Issued {ahead} in the future. Set your backend’s clock; iat is in seconds, not milliseconds.',
    'issued no_time': 'iat or nbf is no time. It has to be a number: seconds since 1970.',
    'expiry ok': 'Valid for another {left}, until {at}.',
    'expiry none': 'It never ends. A server in production refuses that: sign exp, an hour ahead for example.',
    'expiry forgiven': 'It ended {ago} ago; half a minute is forgiven. Sign a new one now.',
    'expiry expired':
      'It ended {ago} ago, at {at}. Sign a new one for each page, and give the widget a tokenProvider.',
    'expiry missing': 'It has no exp, and this server wants one. Sign exp, an hour ahead for example.',
    'expiry no_time': 'exp is no time. It has to be a number: seconds since 1970, not milliseconds.',
    'expiry before_issue': 'It ends before it was issued. Look at how exp is worked out.',
    'lifetime ok': 'Within the {most} that this server allows.',
    'lifetime any': 'This server allows any.',
    'lifetime too_far': 'It is valid for {left}, but this server allows {most}. Sign a shorter exp.',
    'name ok': 'Shown as “{name}”.',
    'name cleaned': 'Shown as “{name}”, cleaned of what a name does not have.',
    'name marked': 'Taken for a reserved name or one of the staff, so shown as “{name}”.',
    'name reserved': '“{name}” is reserved, or taken for a name of the staff: this project refuses it.',
    'name wrong':
      'username is missing, or has not 1-40 visible characters without control, bidi or zero-width ones.',
    'user ok': 'The id is “{id}”. Bans and mutes go by it.',
    'user name':
      'It has no id, so the username stands for it: whoever changes their name is somebody else, also to a ban. Sign sub.',
    'user wrong': 'The id (sub) has to be a string of 1-128 characters, or a whole number.',
    'avatar ok': 'Kept: {url}',
    'avatar none': 'None, so the first letter of the name is shown.',
    'avatar no_text': 'Dropped: it has to be a string.',
    'avatar too_long': 'Dropped: it has more than 2,048 characters.',
    'avatar no_address': 'Dropped: it has to be a whole address, as https://kimpga.com/a.png.',
    'avatar no_https': 'Dropped: it has to begin with https.',
    'avatar credentials': 'Dropped: an address with a user and password in it is not shown to others.',
    'role ok': '{role}.',
    'role none': 'No role, so a member.',
    'role unknown': '“{given}” is none of member, moderator, admin, so it counts as member.',
    'role lowered': 'The token says {given}; the project’s setting highestRole makes it {role}.',
    'cutoff ok': 'Not taken back.',
    'cutoff cut_off': 'Tokens issued before {at} were taken back. Sign a new one, with iat.',
    'exclusion ok': 'Neither banned nor sent away.',
    'exclusion banned': 'Banned for good. A moderator or your backend can lift it.',
    'exclusion banned_until': 'Banned until {until}. A moderator or your backend can lift it.',
    'exclusion kicked': 'Sent away by a moderator until {until}.',
    'origin ok': 'Pages of {origin} may show the chat.',
    'origin none': 'None given, as by a server or an app: none is needed.',
    'origin form':
      '“{origin}” is not as browsers write it: https://kimpga.com, in lower case, without a path or slash.',
    'origin null':
      'A WebView or sandboxed frame (origin “null”) gets in with the setting nullOrigin only: npm run project -- set {project} nullOrigin=true',
    'origin not_allowed':
      'Pages of {origin} may not show this project. Add it to its list: npm run project -- origins {project} {origins}',
    'origin unlisted': 'Pages of {origin} may not show it: ALLOWED_ORIGINS of the server does not have it.',
    'room ok': 'May read.',
    'room refused': 'The rules of the room let only higher roles read.',
    'writing ok': 'May write.',
    'writing muted': 'Reads, but is muted for good.',
    'writing muted_until': 'Reads, but is muted until {until}.',
    'writing refused': 'Reads, but cannot write at the moment: {code}. {message}',
    'guests on': 'Visitors without a token may read this project.',
    'guests off': 'Visitors without a token are turned away here.',
    'entry refused': 'The server refuses it: {code}. {message}',
  },
  codes: Object.fromEntries(
    Object.entries(refusalCodes).map(([code, { message }]) => [code, message]),
  ) as DoctorStrings['codes'],
  formatDuration(seconds) {
    const say = (count: number, unit: string) => `${count} ${unit}${count === 1 ? '' : 's'}`;
    if (seconds < 120) return say(seconds, 'second');
    if (seconds < 7_200) return say(Math.round(seconds / 60), 'minute');
    return seconds < 172_800
      ? say(Math.round(seconds / 3_600), 'hour')
      : say(Math.round(seconds / 86_400), 'day');
  },
};
