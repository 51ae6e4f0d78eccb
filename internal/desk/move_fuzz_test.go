package desk

import (
	"archive/tar"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// moveSeeds gives archives as MoveOut writes them, and others.
func moveSeeds(f *testing.F) [][]byte {
	f.Helper()
	pack := func(ended bool, files ...string) []byte {
		name := filepath.Join(f.TempDir(), "file")
		a, err := newArchive(name)
		if err != nil {
			f.Fatal(err)
		}
		defer a.f.Close()
		for _, n := range files {
			if err := a.add(n, 5, strings.NewReader("hello")); err != nil {
				f.Fatal(err)
			}
		}
		if ended {
			if _, err := a.end(); err != nil {
				f.Fatal(err)
			}
		}
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		return b
	}
	link := func(kind byte) []byte {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		if err := w.WriteHeader(&tar.Header{Name: "vault.db", Typeflag: kind, Linkname: "/etc/hostname", Mode: 0o600}); err != nil {
			f.Fatal(err)
		}
		w.Close()
		return b.Bytes()
	}
	whole := pack(true, "vault.db", "key")
	return [][]byte{
		nil, []byte("not an archive"), whole, whole[:len(whole)/2], bytes.Replace(whole, []byte("hello"), []byte("hullo"), 1), pack(false, "key"), pack(true),
		pack(true, "../out"), pack(true, "/out"), pack(true, "a/b"), pack(true, arrivingSum), pack(true, "key", "key"), pack(true, "."), link(tar.TypeSymlink), link(tar.TypeLink), link(tar.TypeDir),
	}
}

// FuzzMoveIn: whatever the file holds, nothing is written beside the folder that
// was named, nothing in it but files, and a file that does not read leaves none.
func FuzzMoveIn(f *testing.F) {
	seeds := moveSeeds(f)
	if len(seeds) != 16 {
		f.Fatalf("%d seeds, want 16", len(seeds))
	}
	for _, b := range seeds {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		root := t.TempDir()
		file, dir := filepath.Join(root, "file"), filepath.Join(root, "desk")
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if MoveIn(file, dir, []byte("pass")) == nil {
			t.Fatal("bytes that no desk wrote are a desk")
		}
		_, err := sumOf(file)
		whole := err == nil
		list, err := os.ReadDir(root)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			if e.Name() != "file" && (e.Name() != "desk" || !whole) {
				t.Fatalf("%s is there; the archive reads: %v", e.Name(), whole)
			}
		}
		if inside, err := os.ReadDir(dir); err == nil {
			for _, e := range inside {
				if !e.Type().IsRegular() {
					t.Fatalf("%s is no file", e.Name())
				}
			}
		}
	})
}
