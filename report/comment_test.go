package report

import "testing"

func TestAllowLine(t *testing.T) {
	at := Region{StartLine: 3, StartColumn: 5, EndLine: 3, EndColumn: 45}
	for _, c := range []struct {
		l    Location
		want string
	}{
		{Location{Path: "a/b.py", Region: at}, "# assay:allow-next-line[r] WHY"},
		{Location{Path: "B.TS", Region: at}, "// assay:allow-next-line[r] WHY"},
		{Location{Path: "Dockerfile", Region: at}, "# assay:allow-next-line[r] WHY"},
		{Location{Path: "web/Dockerfile.dev", Region: at}, "# assay:allow-next-line[r] WHY"},
		{Location{Path: ".env.local", Region: at}, "# assay:allow-next-line[r] WHY"},
		{Location{Path: "Jenkinsfile", Region: at}, "// assay:allow-next-line[r] WHY"},
		{Location{Path: "q.sql", Region: at}, "-- assay:allow-next-line[r] WHY"},
		{Location{Path: "web.config", Region: at}, "<!-- assay:allow-next-line[r] WHY -->"},
		{Location{Path: "a.css", Region: at}, "/* assay:allow-next-line[r] WHY */"},
		{Location{Path: "run.bat", Region: at}, "rem assay:allow-next-line[r] WHY"},
		{Location{Path: "a.json", Region: at}, ""},
		{Location{Path: "a.txt", Region: at}, ""},
		{Location{Path: "noextension", Region: at}, ""},
		{Location{Path: "py", Region: at}, ""},
		{Location{Path: "", Region: at}, ""},
		{Location{Path: "a.py"}, ""}, // its name
		{Location{Path: "a.py", Inner: "b.py", Region: at}, ""},
		{Location{Path: "a.py", Region: Region{1, 1, 9, 2}}, ""},
		{Location{Path: "a.js", Region: Region{1, maxCommented + 1, 1, maxCommented + 9}}, ""},
		{Location{Object: "44", Type: "commit", Region: at}, ""},
	} {
		if got := allowLine(c.l, "r"); got != c.want {
			t.Errorf("%s: %q, want %q", c.l.Path, got, c.want)
		}
	}
}
