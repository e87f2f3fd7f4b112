#!/bin/sh
# Prints the Secret with the four homes, out of the folder of this command:
#   pheme testnet --name NAME --host pheme-0.pheme --host pheme-1.pheme --host pheme-2.pheme --host pheme-3.pheme --output net
# Usage: docker/k8s/secret.sh net | kubectl apply --filename -
# Keep the folder somewhere safe, or delete it: who has a key votes for its validator.
set -eu
net=${1:?which folder of pheme testnet?}
set -- --from-file="genesis.json=$net/genesis.json"
for index in 0 1 2 3; do
  for name in key.json api-token; do
    set -- "$@" --from-file="pheme-$index.$name=$net/validator-$index/$name"
  done
done
exec kubectl create secret generic pheme-homes --namespace pheme --dry-run=client --output yaml "$@"
