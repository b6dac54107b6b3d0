# All that a verifier's token needs, for keys at secret/data/countersign/keys/<key-id>. It can
# change nothing. Where the mount or the prefix is another, change the paths; the rest stays.

# The set of key ids.
path "secret/metadata/countersign/keys" {
  capabilities = ["list"]
}

# Which versions a key has, when each was made, and whether it is deleted.
path "secret/metadata/countersign/keys/+" {
  capabilities = ["read"]
}

# The records themselves.
path "secret/data/countersign/keys/+" {
  capabilities = ["read"]
}

# How long the token lives, and making it live longer. Vault's policy named default allows both too.
path "auth/token/lookup-self" {
  capabilities = ["read"]
}
path "auth/token/renew-self" {
  capabilities = ["update"]
}
