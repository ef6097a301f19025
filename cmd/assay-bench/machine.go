package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
)

// A machine is what figures depend on beside the programs.
type machine struct {
	OS       string `json:"os"`
	Arch     string `json:"arch"`
	CPU      string `json:"cpu,omitempty"`
	Cores    int    `json:"cores"`
	Go       string `json:"go"`
	Git      string `json:"git"`
	Ripgrep  string `json:"ripgrep,omitempty"`
	Gitleaks string `json:"gitleaks,omitempty"`
}

func (p programs) machine(ctx context.Context, cache string) (machine, error) {
	m := machine{OS: runtime.GOOS, Arch: runtime.GOARCH, CPU: cpuModel(), Cores: runtime.NumCPU(), Go: runtime.Version()}
	var err error
	if m.Git, err = firstLine(ctx, cache, p.git); err != nil {
		return m, err
	}
	if p.gitleaks != "" {
		m.Gitleaks = gitleaksVersion
	}
	if p.ripgrep != "" {
		m.Ripgrep, err = firstLine(ctx, cache, p.ripgrep)
	}
	return m, err
}

// firstLine is how a program names its version.
func firstLine(ctx context.Context, cache, program string) (string, error) {
	out, err := command{args: []string{program, "--version"}, dir: cache, env: cleanEnv(cache)}.output(ctx)
	line, _, _ := strings.Cut(string(out), "\n")
	return line, err
}

func cpuModel() string {
	data, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(data)) {
		if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func (m machine) write(w io.Writer) error {
	line := fmt.Sprintf("%s/%s, %d cores", m.OS, m.Arch, m.Cores)
	for _, part := range []string{m.CPU, m.Go, m.Git, m.Ripgrep} {
		if part != "" {
			line += ", " + part
		}
	}
	if m.Gitleaks != "" {
		line += ", gitleaks " + m.Gitleaks
	}
	_, err := fmt.Fprintln(w, line)
	return err
}
