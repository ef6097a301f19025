package main

import (
	"bytes"
	"fmt"
	"text/template"
)

// home is where the source and its releases are.
const home = "https://github.com/assayhq/assay"

var formulaText = template.Must(template.New("assay.rb").Parse(`# Written by .release when version {{.Version}} was built; edits would be lost.
class Assay < Formula
  desc "Finds credentials in Git repositories and audits AWS Secrets Manager"
  homepage "{{.Home}}"
  version "{{.Version}}"
  license "Apache-2.0"
{{range .Systems}}
  on_{{.Name}} do
{{- range .Archives}}
    on_{{.Processor}} do
      url "{{.URL}}"
      sha256 "{{.Sum}}"
    end
{{- end}}
  end
{{end}}
  def install
    bin.install "assay"
    man1.install Dir["man/man1/*.1"]
    bash_completion.install "completions/assay.bash" => "assay"
    fish_completion.install "completions/assay.fish"
    zsh_completion.install "completions/_assay"
    doc.install "README.md", "CHANGELOG.md", "THIRD-PARTY-LICENSES.txt"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/assay version")
    (testpath/"clean.txt").write "nothing to see\n"
    assert_match "Clean", shell_output("#{bin}/assay scan --no-history #{testpath}/clean.txt")
  end
end
`))

type formulaSystem struct {
	Name     string
	Archives []formulaArchive
}

type formulaArchive struct{ Processor, URL, Sum string }

// formula is the file for a tap of Homebrew.
func (r *release) formula(archives []archived) (product, error) {
	systems := []formulaSystem{{Name: "macos"}, {Name: "linux"}}
	place := map[string]*formulaSystem{"darwin": &systems[0], "linux": &systems[1]}
	processors := map[string]string{"amd64": "intel", "arm64": "arm"}
	for _, a := range archives {
		if s := place[a.target.os]; s != nil {
			url := fmt.Sprintf("%s/releases/download/v%s/%s", home, r.version, a.archive.name)
			s.Archives = append(s.Archives, formulaArchive{processors[a.target.arch], url, a.archive.sum()})
		}
	}
	var b bytes.Buffer
	err := formulaText.Execute(&b, map[string]any{"Version": r.version, "Home": home, "Systems": systems})
	return product{"assay.rb", b.Bytes()}, err
}
