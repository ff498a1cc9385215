-- Whether a repeated client id came with the body that was first stored under it. body_hash names the text before edits.
CREATE OR REPLACE FUNCTION is_same_message(m messages, p_room text, p_content text, p_reply bigint) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT m.room_id = p_room AND m.reply_to IS NOT DISTINCT FROM p_reply AND CASE
    WHEN m.body_hash IS NULL THEN m.content = p_content
    ELSE m.body_hash = sha256(convert_to(p_content, 'UTF8')) END
$$;
