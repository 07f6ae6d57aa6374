#!/usr/bin/env bash
# Writes every secret that compose.yaml asks for, with random passwords. What is there already stays as it is.
set -euo pipefail
cd "$(dirname "$0")"
umask 077
chmod 700 .

# Elasticsearch and Kibana run as user 1000 and Elasticsearch takes no password file that others may read.
if [ "$(id -u)" != 0 ] && [ "$(id -u)" != 1000 ]; then
  echo "Elasticsearch reads its password as user 1000, which you are not: run this with sudo" >&2
  exit 1
fi

random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

write() { # NAME MODE, the content on standard input
  [ -e "$1" ] && { cat >/dev/null; echo "$1 is there already"; return; }
  cat >"$1.part"
  chmod "$2" "$1.part"
  [ "$(id -u)" = 0 ] && chown 1000 "$1.part"
  mv "$1.part" "$1"
  echo "$1 is written"
}

# 444 in a folder that only its owner enters: containers read such files whatever their user is, others cannot.
random | write kafka_password 444
random | write elastic_password 400
random | write kibana_password 400
random | write grafana_password 444
random | write s3_secret_key 444

broker=$(random)
write kafka_jaas 444 <<JAAS
KafkaServer {
  org.apache.kafka.common.security.plain.PlainLoginModule required
  username="broker"
  password="$broker"
  user_broker="$broker"
  user_pantau="$(cat kafka_password)";
};
JAAS

write kibana.yml 444 <<YAML
server.host: 0.0.0.0
server.publicBaseUrl: http://127.0.0.1:5601
elasticsearch.hosts: ["http://elasticsearch:9200"]
elasticsearch.username: kibana_system
elasticsearch.password: "$(cat kibana_password)"
xpack.security.encryptionKey: "$(random)"
xpack.encryptedSavedObjects.encryptionKey: "$(random)"
xpack.reporting.encryptionKey: "$(random)"
telemetry.optIn: false
YAML

write s3_identities 444 <<JSON
{"identities": [{"name": "pantau", "actions": ["Admin", "Read", "Write", "List", "Tagging"],
  "credentials": [{"accessKey": "pantau", "secretKey": "$(cat s3_secret_key)"}]}]}
JSON
