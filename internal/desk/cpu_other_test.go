//go:build !linux

package desk

import "time"

// cpuTime is not measured here.
func cpuTime() time.Duration { return 0 }
