package desk

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"
	"runtime"

	"backchannel/internal/accord"
	"backchannel/internal/accord/accordtest"
	"backchannel/internal/record"
	"backchannel/internal/vault"
)

func TestScratch(t *testing.T) {
	n := 50000
	dir := filepath.Join(t.TempDir(), "desk")
	Create(dir, "go-between", pass, vault.Cheap())
	d, err := Open(t.Context(), dir, pass, Options{})
	if err != nil { t.Fatal(err) }
	g := accordtest.New(1, accordtest.Options{})
	codec := accord.Codec()
	var enc [][]byte
	kinds := map[record.Kind]int{}
	sizes := 0
	var ms0, ms1 runtime.MemStats
	began := time.Now()
	for i := 0; i < n; i += 500 {
		items := g.Items(500)
		for _, it := range items { kinds[it.Body.Kind()]++; b, _ := codec.EncodeItem(it); enc = append(enc, b); sizes += len(b) }
		if err := d.store(items, nil); err != nil { t.Fatal(err) }
	}
	fmt.Println("wrote", time.Since(began), kinds, sizes/n)
	d.Close()
	per := func(what string, f func()) { b := time.Now(); f(); fmt.Printf("%s %v/entry\n", what, time.Since(b)/time.Duration(n)) }
	items := make([]record.Item, n)
	per("decode", func() { for i, b := range enc { items[i], err = codec.DecodeItem(b); if err != nil { t.Fatal(err) } } })
	per("check", func() { for i := range items { items[i].Check() } })
	r := record.New("go-between")
	runtime.GC(); runtime.ReadMemStats(&ms0)
	per("add", func() { for i := range items { r.Add(codec, items[i]) } })
	runtime.GC(); runtime.ReadMemStats(&ms1)
	fmt.Println("index bytes/entry", (int(ms1.HeapAlloc)-int(ms0.HeapAlloc))/n)
	v, _ := vault.Open(dir, pass)
	per("journal", func() { v.Journal(0, func(uint64, []byte) error { return nil }) })
	v.Close()
	items = nil; r = nil; enc=nil
	runtime.GC(); runtime.ReadMemStats(&ms0)
	per("open", func() { d, err = Open(t.Context(), dir, pass, Options{}) })
	runtime.GC(); runtime.ReadMemStats(&ms1)
	fmt.Println("record bytes/entry", (int(ms1.HeapAlloc)-int(ms0.HeapAlloc))/n)
	runtime.KeepAlive(g)
	d.Close()
}
