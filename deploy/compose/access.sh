#!/usr/bin/env bash
# Runs inside the service `access`: sets the password of kibana_system and writes an API key for the workers to
# /run/keys/api-key. Passwords reach curl on standard input, never in its arguments.
set -euo pipefail

call() { # METHOD PATH, the body in a file: passwords are on none of the command lines
  printf 'user = "elastic:%s"\n' "$(cat /run/secrets/elastic_password)" |
    curl -fsS -K - -X "$1" -H 'Content-Type: application/json' "$ELASTICSEARCH$2" --data-binary "@$3"
}

umask 077
body=$(mktemp)
trap 'rm -f "$body"' EXIT

printf '{"password":"%s"}' "$(cat /run/secrets/kibana_password)" >"$body"
call POST /_security/user/kibana_system/_password "$body" >/dev/null

if [ -s /run/keys/api-key ]; then
  echo "Kibana has its password; the API key is there already"
  exit 0
fi
cat >"$body" <<'JSON'
{
  "name": "pantau-workers",
  "role_descriptors": {
    "pantau": {
      "cluster": ["monitor"],
      "indices": [{"names": ["pantau-*"], "privileges": ["read", "write", "manage", "view_index_metadata"]}]
    }
  }
}
JSON
answer=$(call POST /_security/api_key "$body")
key=$(sed -nE 's/.*"encoded":"([^"]+)".*/\1/p' <<<"$answer")
[ -n "$key" ] || { echo "Elasticsearch gave no API key" >&2; exit 1; }
printf '%s' "$key" >/run/keys/new
chmod 444 /run/keys/new
mv /run/keys/new /run/keys/api-key
echo "Kibana has its password; the API key is made"
