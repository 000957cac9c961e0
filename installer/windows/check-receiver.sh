#!/bin/bash
# Runs the tests of what reads datagrams on Windows, under Wine.
#
#   installer/windows/check-receiver.sh
#
# Left out are those of which Wine is incapable: all that it sends comes from 127.0.0.1. Needs Go;
# wine.sh says what else.
set -euo pipefail
unset DISPLAY
. "$(dirname "$0")/wine.sh"
tests='^(TestReceiverSaysWhetherThereMayBeMore|TestReceiverReadsEveryKind|TestDatagramIsOneMessage|TestOversizeDatagramIsCut|TestStopDrainsTheSocket|TestPortIsClosedWhileDatagramsGoOnComing|TestStopWithoutReaderIsBounded|TestFullQueueIsCountedWhereTheKernelDoesNotTell|TestReceiveBufferIsReadBack)$'
(cd "$here/../.." && CGO_ENABLED=0 GOOS=windows GOARCH=amd64 go test -c -o "$work/collect.exe" ./internal/collect)
w "$work/collect.exe" -test.v -test.run "$tests" || fail "the tests of collect"
wanted=$(grep -o 'Test[A-Za-z]*' <<<"$tests" | wc -l) passed=$(grep -c '^--- PASS' "$work/out" || true)
[ "$passed" = "$wanted" ] || fail "$passed of $wanted tests passed"
ok "$passed tests of reading datagrams pass"
