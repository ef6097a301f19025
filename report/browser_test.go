package report

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// chromiumVariable names a Chromium. .ci/run installs Debian's package.
const chromiumVariable = "ASSAY_CHROMIUM"

// A browser is a headless Chromium that is told what to do over its DevTools protocol,
// on a pipe.
type browser struct {
	t       *testing.T
	in      io.Writer
	out     *bufio.Reader
	session string
	last    int
	// problems are errors on the console, exceptions, and requests but for the page.
	problems []string
	page     string
}

// newBrowser starts one; the test is skipped where there is none, but in CI.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	program := os.Getenv(chromiumVariable)
	if program == "" {
		program, _ = exec.LookPath("chromium")
	}
	if program == "" {
		if os.Getenv("CI") == "true" {
			t.Fatalf("there is no chromium, and %s names none", chromiumVariable)
		}
		t.Skipf("SKIPPED: NO PAGE IS LOOKED AT IN A BROWSER, for there is no chromium and %s names none", chromiumVariable)
	}
	fromUs, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, fromIt, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars",
		"--disable-background-networking", "--disable-component-update", "--remote-debugging-pipe", "--user-data-dir="+t.TempDir(), "about:blank")
	c.ExtraFiles = []*os.File{fromUs, fromIt} // the third and the fourth
	// Its processes write to their folder for a while after the first of them was killed.
	// They all hold this pipe: Wait returns when the last of them has ended.
	c.Stderr, c.WaitDelay = new(bytes.Buffer), 20*time.Second
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	fromUs.Close()
	fromIt.Close()
	t.Cleanup(func() {
		in.Close()
		out.Close()
		c.Process.Kill()
		c.Wait()
	})
	b := &browser{t: t, in: in, out: bufio.NewReader(out)}
	b.attach()
	return b
}

func (b *browser) attach() {
	var target struct{ TargetID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var session struct{ SessionID string }
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &session)
	b.session = session.SessionID
	// Other programs of the machine count in the time on a clock, not in that of a thread.
	b.call("Performance.enable", map[string]any{"timeDomain": "threadTicks"}, nil)
	for _, domain := range []string{"Page", "Runtime", "Network", "Log"} {
		b.call(domain+".enable", nil, nil)
	}
}

// A message is one of the protocol, of either direction.
type message struct {
	ID        int                       `json:"id,omitempty"`
	SessionID string                    `json:"sessionId,omitempty"`
	Method    string                    `json:"method,omitempty"`
	Params    any                       `json:"params,omitempty"`
	Result    json.RawMessage           `json:"result,omitempty"`
	Error     *struct{ Message string } `json:"error,omitempty"`
}

// call sends a command and waits for its answer.
func (b *browser) call(method string, params, result any) {
	b.t.Helper()
	b.last++
	if params == nil {
		params = struct{}{}
	}
	text, err := json.Marshal(message{ID: b.last, SessionID: b.session, Method: method, Params: params})
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.in.Write(append(text, 0)); err != nil {
		b.t.Fatal(err)
	}
	for {
		m := b.next()
		if m.ID != b.last {
			continue
		}
		if m.Error != nil {
			b.t.Fatalf("%s: %s", method, m.Error.Message)
		}
		if result != nil {
			if err := json.Unmarshal(m.Result, result); err != nil {
				b.t.Fatal(err)
			}
		}
		return
	}
}

// next reads a message, and notes what no page may cause.
func (b *browser) next() message {
	b.t.Helper()
	text, err := b.out.ReadBytes(0)
	if err != nil {
		b.t.Fatalf("the browser ended: %v", err)
	}
	var m message
	var params json.RawMessage
	m.Params = &params
	if err := json.Unmarshal(bytes.TrimSuffix(text, []byte{0}), &m); err != nil {
		b.t.Fatal(err)
	}
	switch m.Method {
	case "Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled":
		b.problems = append(b.problems, m.Method+": "+string(params))
	case "Network.requestWillBeSent":
		var p struct{ Request struct{ URL string } }
		if json.Unmarshal(params, &p) == nil && p.Request.URL != b.page && p.Request.URL != "data:," {
			b.problems = append(b.problems, "a request: "+p.Request.URL)
		}
	}
	return m
}

// open opens a file in a window of a width, and returns how long it took until the
// page was loaded and painted.
func (b *browser) open(file string, width int, dark bool) time.Duration {
	b.t.Helper()
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false}, nil)
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	b.call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
	b.page = (&url.URL{Scheme: "file", Path: file}).String()
	b.problems = nil
	start := time.Now()
	b.call("Page.navigate", map[string]any{"url": b.page}, nil)
	for b.next().Method != "Page.loadEventFired" {
	}
	b.eval(`new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(0))))`, nil)
	return time.Since(start)
}

// eval evaluates JavaScript in the page, waits for what it promises, and reads it.
func (b *browser) eval(script string, result any) {
	b.t.Helper()
	var answer struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct {
			Text      string
			Exception struct{ Description string }
		}
	}
	b.call("Runtime.evaluate", map[string]any{"expression": script, "awaitPromise": true, "returnByValue": true}, &answer)
	if e := answer.ExceptionDetails; e != nil {
		b.t.Fatalf("%s: %s", e.Text, e.Exception.Description)
	}
	if result != nil {
		if err := json.Unmarshal(answer.Result.Value, result); err != nil {
			b.t.Fatalf("%v in %s", err, answer.Result.Value)
		}
	}
}

// picture saves what the page looks like, up to a height, where ASSAY_PAGES names a
// folder for those who want to look.
func (b *browser) picture(name string, width, height int) {
	b.t.Helper()
	folder := os.Getenv("ASSAY_PAGES")
	if folder == "" {
		return
	}
	// What is outside the window is not painted, as there may be much of it.
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}, nil)
	b.eval(`new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(0))))`, nil)
	var shot struct{ Data string }
	b.call("Page.captureScreenshot", map[string]any{
		"clip": map[string]any{"x": 0, "y": 0, "width": width, "height": height, "scale": 1},
	}, &shot)
	png, err := base64.StdEncoding.DecodeString(shot.Data)
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name+".png"), png, 0o666)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// pageChecks looks at every visible text of a page: whether it stands out against what
// lies behind it as WCAG 2.2 AA asks, and whether anything is wider than the window.
const pageChecks = `(() => {
  const parts = (c) => { const m = c.match(/[\d.]+/g).map(Number); return { r: m[0], g: m[1], b: m[2], a: m.length > 3 ? m[3] : 1 }; };
  const over = (top, below) => ({ r: top.r * top.a + below.r * (1 - top.a), g: top.g * top.a + below.g * (1 - top.a), b: top.b * top.a + below.b * (1 - top.a), a: 1 });
  const behind = (e) => {
    const stack = [];
    for (; e; e = e.parentElement) { const c = parts(getComputedStyle(e).backgroundColor); stack.push(c); if (c.a === 1) break; }
    return stack.reverse().reduce((below, top) => over(top, below), { r: 255, g: 255, b: 255, a: 1 });
  };
  const light = (c) => {
    const f = (v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
    return 0.2126 * f(c.r) + 0.7152 * f(c.g) + 0.0722 * f(c.b);
  };
  const bad = new Set();
  let texts = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n; (n = walker.nextNode());) {
    const e = n.parentElement;
    if (!n.data.trim() || e.closest(".v, .skip, script, option") || !e.checkVisibility()) continue;
    texts++;
    const style = getComputedStyle(e), back = behind(e), ink = over(parts(e instanceof SVGElement ? style.fill : style.color), back);
    const [a, b] = [light(ink), light(back)].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize), least = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
    if ((a + 0.05) / (b + 0.05) < least) bad.add(e.className + " " + ((a + 0.05) / (b + 0.05)).toFixed(2) + ": " + n.data.trim().slice(0, 30));
  }
  const wide = [];
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width) wide.push("page " + document.documentElement.scrollWidth);
  for (const e of document.body.querySelectorAll("*")) {
    if (e.closest(".wide, nav, svg, .v, .skip") || !e.checkVisibility()) continue;
    const r = e.getBoundingClientRect();
    if (r.right > width + 1 || r.left < -1) wide.push(e.tagName + "." + e.className + " " + Math.round(r.left) + ".." + Math.round(r.right));
  }
  const unnamed = [...document.querySelectorAll("input, select, button, [role=img], [role=region], section")].filter((e) =>
    e.checkVisibility() && !(e.getAttribute("aria-label") || e.getAttribute("aria-labelledby") && document.getElementById(e.getAttribute("aria-labelledby")) || e.labels && e.labels.length || e.textContent.trim()));
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  const twice = ids.filter((id, i) => ids.indexOf(id) !== i);
  const lost = [...document.querySelectorAll("a[href^='#']")].map((a) => a.getAttribute("href").slice(1)).filter((id) => !document.getElementById(id));
  return { texts, bad: [...bad].slice(0, 20), wide: wide.slice(0, 20), unnamed: unnamed.map((e) => e.outerHTML.slice(0, 80)), twice, lost: [...new Set(lost)], height: document.documentElement.scrollHeight, nodes: document.getElementsByTagName("*").length };
})()`

type pageLook struct {
	Texts, Height, Nodes            int
	Bad, Wide, Unnamed, Twice, Lost []string
}

// look opens a page in both widths and both schemes, and checks what a script can.
func (b *browser) look(file string) {
	b.t.Helper()
	for _, width := range []int{1280, 390} {
		for _, dark := range []bool{false, true} {
			name := fmt.Sprintf("%s-%d-%s", strings.TrimSuffix(filepath.Base(file), ".html"), width, map[bool]string{false: "light", true: "dark"}[dark])
			b.open(file, width, dark)
			b.picture(name, width, min(b.height(), 6000))
			b.eval(`document.querySelectorAll("details.i").forEach((d, i) => { if (i < 12) d.open = true }); document.querySelectorAll("details.how").forEach((d) => { d.open = true })`, nil)
			b.picture(name+"-open", width, min(b.height(), 9000))
			var c pageLook
			b.eval(pageChecks, &c)
			for what, list := range map[string][]string{
				"too faint": c.Bad, "wider than the window": c.Wide, "without a name": c.Unnamed, "ids that stand twice": c.Twice, "links to nowhere": c.Lost, "problems": b.problems,
			} {
				if len(list) > 0 {
					b.t.Errorf("%s: %s: %s", name, what, strings.Join(list, "\n\t"))
				}
			}
			if c.Texts < 30 {
				b.t.Errorf("%s: only %d texts are to be seen", name, c.Texts)
			}
		}
	}
}

func (b *browser) height() (n int) {
	b.t.Helper()
	b.eval(`document.documentElement.scrollHeight`, &n)
	return n
}

// worked is how long the page's thread was busy since the page was opened.
func (b *browser) worked() time.Duration {
	b.t.Helper()
	var all struct {
		Metrics []struct {
			Name  string
			Value float64
		}
	}
	b.call("Performance.getMetrics", nil, &all)
	for _, m := range all.Metrics {
		if m.Name == "TaskDuration" {
			return time.Duration(m.Value * float64(time.Second))
		}
	}
	b.t.Fatal("the browser does not say how long it worked")
	return 0
}

// typed types into the search up to a letter and waits until the page is painted.
func (b *browser) typed(words string) {
	b.t.Helper()
	text, _ := json.Marshal(words)
	b.eval(`(() => {
  const q = document.getElementById("q");
  q.value = `+string(text)+`;
  q.dispatchEvent(new Event("input", { bubbles: true }));
  return new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
})()`, nil)
}

// idle waits until a page has had thirty times to do what it does when there is time.
func (b *browser) idle() {
	b.t.Helper()
	b.eval(`new Promise((done) => { let n = 0; const next = () => ++n < 30 ? requestIdleCallback(next) : done(0); next(); })`, nil)
}

// withoutScript opens a page with scripts turned off, where everything must be there
// and the tools that need one not.
func (b *browser) withoutScript(file, text string) {
	b.t.Helper()
	b.call("Emulation.setScriptExecutionDisabled", map[string]any{"value": true}, nil)
	defer b.call("Emulation.setScriptExecutionDisabled", map[string]any{"value": false}, nil)
	b.call("Page.navigate", map[string]any{"url": b.page}, nil)
	for b.next().Method != "Page.loadEventFired" {
	}
	var without struct {
		Text  string
		Tools bool
	}
	b.eval(`({ text: document.body.textContent, tools: document.getElementById("tools")?.checkVisibility() ?? false })`, &without)
	if without.Tools {
		b.t.Error("a search that needs a script is to be seen without one")
	}
	if len(without.Text) < len(text)-100 {
		b.t.Errorf("without a script the page has %d bytes of text, and %d with one", len(without.Text), len(text))
	}
}

// press presses a key as a keyboard does.
func (b *browser) press(key, text string, code int) {
	b.t.Helper()
	down := map[string]any{"type": "keyDown", "key": key, "windowsVirtualKeyCode": code}
	if text != "" {
		down["text"] = text
	}
	b.call("Input.dispatchKeyEvent", down, nil)
	b.call("Input.dispatchKeyEvent", map[string]any{"type": "keyUp", "key": key, "windowsVirtualKeyCode": code}, nil)
	b.eval(`new Promise((done) => requestAnimationFrame(() => setTimeout(done)))`, nil)
}

// said is what an expression of the page says, as text.
func (b *browser) said(script string) (text string) {
	b.t.Helper()
	b.eval("String("+script+")", &text)
	return text
}
