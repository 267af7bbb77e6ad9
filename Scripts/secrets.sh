#!/bin/sh
# Makes the secrets of docker-compose.yml: .env, and Cluster/secrets/redis.conf. Neither is in the repository. What is
# there stays: to have new ones, remove both (tokens that were given out, and the data of Kafka and Redis, then end).
set -eu
cd "$(dirname "$0")/.."
umask 077

hex() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }

if [ -e .env ] && [ -e Cluster/secrets/redis.conf ]; then
    echo "secrets: .env and Cluster/secrets/redis.conf are there"
    exit 0
fi
if [ -e .env ] || [ -e Cluster/secrets/redis.conf ]; then
    echo "secrets: only one of .env and Cluster/secrets/redis.conf is there; remove it to have new ones" >&2
    exit 1
fi
password=$(hex 24)
mkdir -p Cluster/secrets
# The server in the container is another user: the folder keeps everybody else on this machine out.
printf 'requirepass %s\n' "$password" > Cluster/secrets/redis.conf
chmod 644 Cluster/secrets/redis.conf
{
    echo "# Made by make secrets; keep it to yourself."
    echo "MARTLET_TOKEN_SECRET=$(hex 32)"
    echo "MARTLET_LINK_SECRET=$(hex 32)"
    echo "MARTLET_ADMIN_TOKEN=$(hex 24)"
    echo "MARTLET_REDIS_PASSWORD=$password"
    # Sixteen bytes in base64url: what Kafka takes for the id of a cluster.
    echo "KAFKA_CLUSTER_ID=$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=')"
    # docker-compose.yml asks for 110,000 descriptors: where the machine has fewer to give, containers would not start.
    limit=$(ulimit -Hn)
    if [ "$limit" != unlimited ] && [ "$limit" -lt 110000 ]; then echo "MARTLET_OPEN_FILES=$limit"; fi
} > .env
echo "secrets: wrote .env and Cluster/secrets/redis.conf"
