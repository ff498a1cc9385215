/** Strings of the token doctor in English. */

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
    expiry: 'Expiry (exp)',
    lifetime: 'Lifetime',
    name: 'Username',
    user: 'User id',
    avatar: 'Avatar',
    role: 'Role',
    cutoff: 'Revoked',
    exclusion: 'Ban',
    origin: 'Origin of the page',
    room: 'Reading',
    writing: 'Writing',
    guests: 'Guests',
    entry: 'Entry',
  },
  advice: {
    skipped: 'Skipped because of a failed check above.',
    'form ok': 'A JWT of {length} characters.',
    'form not_text': 'The token must be a string.',
    'form too_long': 'Longer than 8,192 characters. Sign only the claims that Chatty reads.',
    'form not_jwt':
      'This is not a JWT, which has three parts separated by dots. Copy all of it, without quotes and without “Bearer”.',
    'project ok': 'It is for this project, {project}.',
    'project other':
      'It is for the project “{named}”. Sign it with projectId “{project}”, or check it in that project.',
    'project missing': 'It names no project. Sign it with projectId “{project}”, as a string.',
    'algorithm ok': '{alg}, accepted by this project.',
    'algorithm refused': 'It says {alg}, but this project accepts {accepted}. Sign with {accepted}.',
    'algorithm nothing':
      'This project has no active key, so nobody can connect. Create one: npm run project -- secret {project}',
    'key ok': 'It names the key {kid}, which is active.',
    'key none': 'It names no key, so each active key is tried. That is fine.',
    'key shared': 'It names the key {kid}, which is ignored: this project has no key of its own.',
    'key unknown':
      'There is no key {kid} in this project. Use the kid that was shown with the secret, or omit kid.',
    'key revoked': 'The key {kid} was revoked at {at}. Sign with an active key.',
    'key expired': 'The key {kid} expired at {at}. Sign with an active key.',
    'key other_algorithm': 'The key {kid} is for {algorithm}, but the token says {alg}.',
    'key unusable':
      'The server cannot decrypt the key {kid}: its SECRETS_ENCRYPTION_KEY is not the one the secret was encrypted with. The log has details for the operator.',
    'signature ok': 'Signed with the key {kid} of this project.',
    'signature shared': 'Signed with the JWT_SECRET of the server.',
    'signature no_match':
      'Signed with none of the accepted keys: {keys}. Give your backend the secret as it was shown, as text, without spaces or quotes; do not decode it from hex or base64.',
    'signature malformed':
      'The signature cannot be checked: the token was cut off, changed in transit, or has an unreadable part.',
    'signature unreachable':
      'The host’s public keys (JWKS) cannot be fetched at the moment. Is their address reachable from the chat server?',
    'signature key_gone': 'Its key has just expired. Sign with an active key.',
    'issued ok': 'Issued {ago} ago, at {at}.',
    'issued none': 'It does not say when it was issued, so every cutoff revokes it. Sign iat too.',
    'issued not_yet':
      'It becomes valid at {at} (nbf), in {ahead}. Remove nbf, or correct your backend’s clock.',
    'issued future':
      'Issued {ahead} in the future. Correct your backend’s clock; iat is in seconds, not milliseconds.',
    'issued no_time': 'iat or nbf is not a time. It must be a number: seconds since 1970.',
    'expiry ok': 'Valid for another {left}, until {at}.',
    'expiry none':
      'It never expires. A server in production refuses that: sign exp, for example an hour ahead.',
    'expiry forgiven': 'It expired {ago} ago; up to 30 seconds are accepted. Sign a new one now.',
    'expiry expired':
      'It expired {ago} ago, at {at}. Sign a new one for each page, and give the widget a tokenProvider.',
    'expiry missing': 'It has no exp, which this server requires. Sign exp, for example an hour ahead.',
    'expiry no_time': 'exp is not a time. It must be a number: seconds since 1970, not milliseconds.',
    'expiry before_issue': 'It expires before it was issued. Check how exp is computed.',
    'lifetime ok': 'Within the {most} that this server allows.',
    'lifetime any': 'This server has no maximum.',
    'lifetime too_far': 'It is valid for {left}, but this server allows {most}. Sign a shorter exp.',
    'name ok': 'Shown as “{name}”.',
    'name cleaned': 'Shown as “{name}”, without characters that names cannot have.',
    'name marked': 'It looks like a reserved or staff name, so it is shown as “{name}”.',
    'name reserved': '“{name}” looks like a reserved or staff name, which this project refuses.',
    'name wrong':
      'username is missing, or does not have 1-40 visible characters without control, bidi or zero-width characters.',
    'user ok': 'The id is “{id}”. Bans and mutes use it.',
    'user name':
      'It has no id, so the username is used. A person who changes their name becomes somebody else and escapes a ban. Sign sub.',
    'user wrong': 'The id (sub) must be a string of 1-128 characters, or a whole number.',
    'avatar ok': 'Accepted: {url}',
    'avatar none': 'None, so the first letter of the name is shown.',
    'avatar no_text': 'Dropped: it must be a string.',
    'avatar too_long': 'Dropped: it has more than 2,048 characters.',
    'avatar no_address': 'Dropped: it must be a complete URL such as https://kimpga.com/a.png.',
    'avatar no_https': 'Dropped: it must start with https.',
    'avatar credentials': 'Dropped: URLs with a user name and password are not shown to others.',
    'role ok': '{role}.',
    'role none': 'No role, so it is member.',
    'role unknown': '“{given}” is not member, moderator or admin, so it counts as member.',
    'role lowered': 'The token says {given}; the project’s setting highestRole lowers it to {role}.',
    'cutoff ok': 'Not revoked.',
    'cutoff cut_off': 'Tokens issued before {at} were revoked. Sign a new one, with iat.',
    'exclusion ok': 'Neither banned nor kicked.',
    'exclusion banned': 'Banned permanently. A moderator or your backend can lift the ban.',
    'exclusion banned_until': 'Banned until {until}. A moderator or your backend can lift the ban.',
    'exclusion kicked': 'Kicked by a moderator until {until}.',
    'origin ok': 'Pages from {origin} may show the chat.',
    'origin none': 'None given. Servers and apps do not need one.',
    'origin form':
      '“{origin}” is not what browsers send: https://kimpga.com, in lower case, without a path or slash.',
    'origin null':
      'A WebView or sandboxed frame (origin “null”) needs the setting nullOrigin: npm run project -- set {project} nullOrigin=true',
    'origin not_allowed':
      'Pages from {origin} may not show this project. Add the origin: npm run project -- origins {project} {origins}',
    'origin unlisted':
      'Pages from {origin} may not show it: the server’s ALLOWED_ORIGINS does not contain the origin.',
    'room ok': 'May read.',
    'room refused': 'The rules of the room allow only higher roles to read.',
    'writing ok': 'May write.',
    'writing muted': 'May read, but is muted permanently.',
    'writing muted_until': 'May read, but is muted until {until}.',
    'writing refused': 'May read, but cannot write now: {code}. {message}',
    'guests on': 'Visitors without a token may read this project.',
    'guests off': 'Visitors without a token are refused.',
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
