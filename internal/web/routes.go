package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"backchannel/internal/fault"
)

// handler answers for somebody who is in. What it returns becomes a fault's
// page.
type handler func(c *call, w http.ResponseWriter, r *http.Request) error

func (f *Face) page(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c, err := f.begin(r)
		defer c.end()
		if err == nil {
			err = h(c, w, r)
		}
		switch {
		case err == nil:
		case c.view == nil:
			c.end()
			f.fail(w, r, sessionOf(r), err)
		default:
			c.fail(w, err)
		}
	}
}

func forms() []form {
	return append(slices.Concat(besideForms(), fateForms(), circleForms()), []form{
		writeForm(), logForm(), carryForm(), readOutForm(), actForm(), signForm(), keyForm(), reportForm(), readBackForm(), correctForm(),
		termForm(false), termForm(true), proposeForm(false), proposeForm(true), personForm(), partyForm(),
		sealedForm(), deedForm(), eventForm(), credentialForm(), instructionForm(), ruleForm(),
	}...)
}

func (f *Face) routes() {
	m := http.NewServeMux()
	get := func(path string, h handler) { m.HandleFunc("GET "+path, f.page(h)) }
	post := func(path string, h handler) { m.HandleFunc("POST "+path, f.page(h)) }
	get("/{$}", (*call).home)
	get("/record", (*call).record)
	get("/e/{of}", (*call).entry)
	get("/standing", (*call).standing)
	get("/compare", (*call).comparison)
	get("/changed", (*call).changed)
	get("/timeline", (*call).timeline)
	get("/beside", (*call).besideAll)
	get("/terms", (*call).terms)
	get("/performance", (*call).performance)
	get("/mandates", (*call).mandatesPage)
	get("/fates", (*call).fates)
	get("/drafts", (*call).drafts)
	get("/knows", (*call).knows)
	get("/knows/{who}", (*call).knowsOf)
	get("/asked", (*call).asked)
	get("/incidents", (*call).incidents)
	get("/notifications", (*call).notifications)
	get("/accounts", (*call).accounts)
	get("/kept", (*call).kept)
	get("/dossier", (*call).dossierPage)
	post("/dossier", (*call).dossier)
	get(exportPath, (*call).exports)
	post(exportPath, (*call).export)
	post(exportPath+"/take", (*call).takeExport)
	get("/one-term/file/{of}", (*call).proofFile)
	get("/verify-term", (*call).verifyTermPage)
	post("/verify-term", (*call).verifyTerm)
	get("/sealed", (*call).sealedPage)
	get("/sealed/of/{of}", (*call).sealedPage)
	post("/sealed/take", (*call).sealedTake)
	post("/sealed/make", (*call).sealedMake)
	post("/sealed/check", (*call).sealedCheck)
	post("/sealed/reveal", (*call).sealedReveal)
	get("/lines", (*call).linesPage)
	get("/relay", (*call).relayPage)
	m.HandleFunc("GET /clock", f.clock)
	for _, fm := range forms() {
		path := fm.path
		if fm.about {
			path += "/{of}"
		}
		m.HandleFunc("GET "+path, f.openForm(fm))
		m.HandleFunc("POST "+path, f.sendForm(fm))
	}
	post("/confirm", (*call).confirm)
	post("/undo", (*call).undo)
	lineRoutes(post)
	post("/relay/enrol", (*call).enrol)
	get("/glossary", (*call).glossary)
	post("/language", (*call).speak)
	if f.pairs() {
		get("/phone", (*call).phonePage)
		post("/phone/pair", (*call).phonePair)
		post("/phone/unpair", (*call).phoneUnpair)
		post("/phone/cancel", (*call).phoneCancel)
	}
	m.HandleFunc("GET /away", f.awayPage)
	m.HandleFunc("GET /here", f.here)
	m.HandleFunc("GET /manifest.webmanifest", f.manifest)
	m.HandleFunc("GET /icon/{size}", f.icon)
	m.HandleFunc("POST /logout", f.logout)
	m.HandleFunc("POST /lock", f.lock)
	m.HandleFunc("GET /live", f.stream)
	m.HandleFunc("GET /static/{name}", f.static)
	m.HandleFunc("/", f.page(func(*call, http.ResponseWriter, *http.Request) error {
		return fault.New(fault.NotFound, "web.none", "look it up in the record", "nothing of that name here")
	}))
	f.mux = m
}

// lineRoutes are what is done at the page of people and lines.
func lineRoutes(post func(path string, h handler)) {
	post("/lines/invite", (*call).invite)
	post("/lines/join", (*call).join)
	post("/lines/compared", (*call).compared)
	post("/lines/compare", (*call).compareLine)
	post("/lines/zone", (*call).zone)
	post("/lines/hangup", (*call).hangup)
	post("/lines/revoke", (*call).revoke)
	post("/lines/rekey", (*call).rekey)
}

// clock gives the strip of clocks alone.
func (f *Face) clock(w http.ResponseWriter, r *http.Request) {
	c, err := f.glance(r)
	if err != nil {
		f.fail(w, r, sessionOf(r), err)
		return
	}
	c.render(w, http.StatusOK, "clock", "clock", page{Strip: c.strip()})
}

// static gives the style sheet or the script. Nothing of it is kept by the
// browser: a cached sheet would tell what was read here.
func (f *Face) static(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	b, err := files.ReadFile("static/" + name)
	if err != nil || strings.Contains(name, "/") {
		nothing(w)
		return
	}
	kind := "text/css; charset=utf-8"
	if strings.HasSuffix(name, ".js") {
		kind = "text/javascript; charset=utf-8"
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	w.Write(b)
}

// beat is how often an open page asks for the clocks again.
const beat = 10 * time.Second

// stream tells the page that something changed, and nothing of what. It ends
// when the page goes, when the desk does, or when somebody logs out.
func (f *Face) stream(w http.ResponseWriter, r *http.Request) {
	select {
	case f.live <- struct{}{}:
		defer func() { <-f.live }()
	default:
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	ctx := r.Context()
	changes, err := f.h.Changes(ctx)
	if err != nil {
		w.WriteHeader(fault.Status(err))
		return
	}
	out := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	w.Header().Set("X-Accel-Buffering", "no")
	tick := time.NewTicker(beat)
	defer tick.Stop()
	event := "hello"
	for {
		out.SetWriteDeadline(time.Now().Add(beat))
		if _, err := w.Write([]byte("event: " + event + "\ndata:\n\n")); err != nil || out.Flush() != nil {
			return
		}
		select {
		case _, open := <-changes:
			if !open {
				return
			}
			event = "change"
		case <-tick.C:
			event = "beat"
		case <-ctx.Done():
			return
		case <-f.over.Done():
			return
		}
		if f.gate.known(r, false) == nil {
			return
		}
	}
}
