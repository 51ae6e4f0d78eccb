package web

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"strconv"
	"time"
)

// coverAfter is how long a page stays on the screen that nobody uses. The desk
// locks itself later, and by itself (`desk serve --lock-after`).
const coverAfter = 5 * time.Minute

// Cover says after how long without use a page takes what it shows off the
// screen; 0 for never. It is set before the page is served.
func (f *Face) Cover(after time.Duration) { f.cover = after }

// awayPage is what a page that nobody uses gives way to where no script covers
// it. It shows nothing of the desk.
func (f *Face) awayPage(w http.ResponseWriter, _ *http.Request) {
	f.bare(w, http.StatusOK, "away", page{Title: f.book.T("web.title"), Lang: f.book.Lang(), Dir: f.book.Dir(), Root: f.root})
}

// bare writes a page that has nothing of the desk in it.
func (f *Face) bare(w http.ResponseWriter, status int, name string, p page) {
	var b bytes.Buffer
	if err := f.pages[name].ExecuteTemplate(&b, name, p); err != nil {
		f.opt.Log.Error("web: a page does not render", "page", name, "where", where(err))
		http.Error(w, "500", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	w.Write(b.Bytes())
}

// here answers whoever asks whether the desk can be reached, before a form goes.
func (f *Face) here(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }

// manifest lets a phone keep the page among its programs, under a name and an
// icon that say nothing.
func (f *Face) manifest(w http.ResponseWriter, _ *http.Request) {
	type icon struct {
		Src   string `json:"src"`
		Sizes string `json:"sizes"`
		Type  string `json:"type"`
	}
	name := f.book.T("web.title")
	b, err := json.Marshal(map[string]any{
		"name": name, "short_name": name, "lang": f.book.Lang(), "dir": f.book.Dir(), "start_url": f.root + "/", "scope": f.root + "/", "display": "standalone",
		"icons": []icon{{f.root + "/icon/192", "192x192", "image/png"}, {f.root + "/icon/512", "512x512", "image/png"}},
	})
	if err != nil {
		nothing(w)
		return
	}
	w.Header().Set("Content-Type", "application/manifest+json")
	w.Write(b)
}

// icon draws a plain disc: a phone's screen shows it to whoever sees the phone.
func (f *Face) icon(w http.ResponseWriter, r *http.Request) {
	size, err := strconv.Atoi(r.PathValue("size"))
	if err != nil || size != 180 && size != 192 && size != 512 {
		nothing(w)
		return
	}
	img := image.NewPaletted(image.Rect(0, 0, size, size), color.Palette{color.RGBA{0xf2, 0xf2, 0xf0, 0xff}, color.RGBA{0x5a, 0x66, 0x70, 0xff}})
	for y := range size {
		for x := range size {
			if dx, dy := 2*x-size+1, 2*y-size+1; dx*dx+dy*dy < size*size*9/25 {
				img.Pix[y*img.Stride+x] = 1
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		nothing(w)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	w.Write(b.Bytes())
}
