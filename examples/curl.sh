#!/bin/sh
# Signs requests with plain curl. It takes its settings from the environment, or from the saved
# output of "countersign serve --dev":
#
#   go run ./cmd/countersign serve --dev > dev.env
#   sh examples/curl.sh dev.env
set -eu

setting() { sed -n "s/^$1=//p" "$file"; }
if [ $# -gt 0 ]; then
	file=$1
	COUNTERSIGN_URL=$(setting COUNTERSIGN_URL)
	COUNTERSIGN_KEY_ID=$(setting COUNTERSIGN_KEY_ID)
	COUNTERSIGN_SECRET=$(setting COUNTERSIGN_SECRET)
	COUNTERSIGN_REGION=$(setting COUNTERSIGN_REGION)
	COUNTERSIGN_SERVICE=$(setting COUNTERSIGN_SERVICE)
fi

nonce() { od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; }

# The secret goes in through a configuration on standard input: arguments can be seen by ps.
signed() {
	printf 'user = "%s:%s"\n' "$COUNTERSIGN_KEY_ID" "$COUNTERSIGN_SECRET" |
		curl --config - --silent --show-error --fail-with-body \
			--aws-sigv4 "cs:countersign:$COUNTERSIGN_REGION:$COUNTERSIGN_SERVICE" \
			-H "X-Countersign-Nonce: $(nonce)" "$@"
}

signed "$COUNTERSIGN_URL/whoami"
# curl does not sign the Content-Type that -d adds by itself: name it with -H.
signed "$COUNTERSIGN_URL/whoami?dry_run=1" -H 'Content-Type: application/json' -d '{"item":"tea"}'
