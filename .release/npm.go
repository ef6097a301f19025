package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
)

// The program that npm users start: it finds the binary of their platform's package.
//
//go:embed npm/assay.js
var npmProgram []byte

const npmName = "@assayhq/assay"

// A manifest is a package.json.
type manifest struct {
	Name        string            `json:"name"`
	Version     string            `json:"version"`
	Description string            `json:"description"`
	Licence     string            `json:"license"`
	Homepage    string            `json:"homepage"`
	Repository  manifestSource    `json:"repository"`
	Engines     map[string]string `json:"engines,omitempty"`
	Systems     []string          `json:"os,omitempty"`
	Processors  []string          `json:"cpu,omitempty"`
	Programs    map[string]string `json:"bin,omitempty"`
	Unplugged   bool              `json:"preferUnplugged,omitempty"` // Yarn keeps no program in an archive
	Optional    map[string]string `json:"optionalDependencies,omitempty"`
	Publish     map[string]string `json:"publishConfig"`
}

type manifestSource struct {
	Type string `json:"type"`
	URL  string `json:"url"`
}

func (r *release) manifest(name, description string) manifest {
	return manifest{
		Name: name, Version: r.version, Description: description, Licence: "Apache-2.0", Homepage: home,
		Repository: manifestSource{"git", "git+" + home + ".git"}, Publish: map[string]string{"access": "public"},
	}
}

// platform is how Node.js names a target, such as win32-x64.
func (t target) platform() (system, processor string) {
	system, processor = t.os, t.arch
	if system == "windows" {
		system = "win32"
	}
	if processor == "amd64" {
		processor = "x64"
	}
	return system, processor
}

func (t target) npmName() string {
	system, processor := t.platform()
	return npmName + "-" + system + "-" + processor
}

// frontPackage is the package that is installed by its name. It asks for those of all
// platforms, of which npm takes the one that fits; no script runs at its installation.
func (r *release) frontPackage() (product, error) {
	m := r.manifest(npmName, "Finds credentials in files and in the whole history of Git repositories")
	m.Programs, m.Engines, m.Optional = map[string]string{"assay": "bin/assay.js"}, map[string]string{"node": ">=18"}, map[string]string{}
	for _, t := range allTargets() {
		m.Optional[t.npmName()] = r.version
	}
	readme := "# assay\n\n    npx " + npmName + " scan .\n\n" + home + " says what it does. The program itself is in the package of your platform,\nwhich npm installs beside this one; nothing is fetched or run at the installation.\n"
	return r.npmPackage(m, file{"README.md", 0o644, []byte(readme)}, file{"bin/assay.js", 0o755, npmProgram})
}

func (r *release) platformPackage(b *binary, licences []byte) (product, error) {
	system, processor := b.target.platform()
	m := r.manifest(b.target.npmName(), fmt.Sprintf("The program of %s for %s on %s", npmName, system, processor))
	m.Systems, m.Processors, m.Unplugged = []string{system}, []string{processor}, true
	readme := "# " + m.Name + "\n\n" + m.Description + ". Install `" + npmName + "`.\n"
	return r.npmPackage(m, file{"README.md", 0o644, []byte(readme)}, file{"THIRD-PARTY-LICENSES.txt", 0o644, licences}, file{"bin/" + b.target.program(), 0o755, b.data})
}

// npmPackage packs what npm pack would, under its name, with times of ours.
func (r *release) npmPackage(m manifest, files ...file) (product, error) {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return product{}, err
	}
	files = append([]file{{"package.json", 0o644, append(text, '\n')}, r.common[0]}, files...)
	data, err := tarball("package", files, r.when)
	name := strings.ReplaceAll(strings.TrimPrefix(m.Name, "@"), "/", "-")
	return product{"npm/" + name + "-" + r.version + ".tgz", data}, err
}
