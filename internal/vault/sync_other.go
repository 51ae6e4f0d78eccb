//go:build !linux

package vault

import "os"

// syncData puts f's data on disk. On macOS, Sync asks for a full flush.
func syncData(f *os.File) error { return f.Sync() }
