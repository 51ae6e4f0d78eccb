//go:build unix

package vault

import "testing"

// TestAClosedVaultIsFree though a process that is just being started still has
// what this one had open.
func TestAClosedVaultIsFree(t *testing.T) {
	v, dir := newVault(t)
	child, err := dupFile(v.lock)
	if err != nil {
		t.Fatal(err)
	}
	defer child.Close()
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Open(dir, pass)
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
}
