-- People and their sessions.

CREATE TABLE users (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email         text NOT NULL,
    username      text NOT NULL,
    password_hash text NOT NULL,                      -- Argon2id, libsodium's text form
    role          text NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
    first_name    text,
    last_name     text,
    created_at    timestamptz NOT NULL DEFAULT fleet_now(),
    disabled_at   timestamptz
);
CREATE UNIQUE INDEX users_email ON users (lower(email));
CREATE UNIQUE INDEX users_username ON users (lower(username));

-- A token is good only while its row lives; the hash is of the whole token.
CREATE TABLE sessions (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id      uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    token_hash   text NOT NULL UNIQUE,
    ip_address   inet,
    user_agent   text,
    created_at   timestamptz NOT NULL DEFAULT fleet_now(),
    last_used_at timestamptz NOT NULL DEFAULT fleet_now(),
    expires_at   timestamptz NOT NULL,
    revoked_at   timestamptz
);
CREATE INDEX sessions_user ON sessions (user_id, expires_at);

-- Failed logins, counted per account and per address within a window.
CREATE TABLE login_failures (
    subject      text PRIMARY KEY,                    -- 'account:…' or 'address:…'
    failures     integer NOT NULL,
    window_since timestamptz NOT NULL
);
