package relay_test

import (
	"testing"

	"backchannel/internal/relay"
	"backchannel/internal/relay/relaytest"
)

func TestMemoryLogSuite(t *testing.T) {
	relaytest.LogSuite(t,
		func(*testing.T) relay.Log { return relay.NewMemory() },
		func(_ *testing.T, l relay.Log) relay.Log { return l.(*relay.Memory).Reopen() })
}
