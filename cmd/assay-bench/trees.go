package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Accuracy on real code is judged on large trees that are widely known, in
// several languages. Which findings are false is learned on one group of them;
// how many are false is told by the other, which nobody looks at while rules
// and models are set. A tree that was looked at moves to the first group.

// judged says which group a tree is in.
type judged int

const (
	notJudged judged = iota
	tuning           // looked at while rules are set
	deciding         // looked at by nobody but those who give the verdicts
)

// judgedTrees lists both groups. A version that Debian's mirror no longer has
// is replaced by the one that it has, and the figures are made anew.
func judgedTrees() []corpus {
	return []corpus{
		judgedModule("rclone", "github.com/rclone/rclone", "v1.76.0", deciding, "Go and documents"),
		judgedModule("telegraf", "github.com/influxdata/telegraf", "v1.37.2", deciding, "Go, configuration and documents"),
		judgedModule("nats-server", "github.com/nats-io/nats-server/v2", "v2.15.2", deciding, "Go and configuration"),
		judgedModule("influxdb", "github.com/influxdata/influxdb", "v1.13.2", deciding, "Go"),
		npmTree("parse-server", "parse-server", "9.10.0", deciding, "JavaScript"),
		npmTree("medusa", "@medusajs/medusa", "2.21.2", deciding, "JavaScript"),
		npmTree("googleapis", "googleapis", "188.0.0", deciding, "JavaScript, generated"),
		debianTree("jetty", "jetty9", "9.4.57-1.1~deb12u1", deciding, "Java"),
		debianTree("icinga", "icinga2", "2.13.6-2+deb12u2", deciding, "C++ and configuration"),
		debianTree("wordpress", "wordpress", "6.1.9+dfsg1-0+deb12u1", deciding, "PHP and JavaScript, in part minified"),

		judgedModule("argo-cd", "github.com/argoproj/argo-cd/v2", "v2.14.21", tuning, "Go, TypeScript and manifests"),
		judgedModule("loki", "github.com/grafana/loki/v3", "v3.7.8", tuning, "Go, with what it depends on, and documents"),
		judgedModule("cilium", "github.com/cilium/cilium", "v1.20.2", tuning, "Go, C, with what it depends on"),
		npmTree("firebase-tools", "firebase-tools", "15.34.2", tuning, "JavaScript and templates"),
		npmTree("renovate", "renovate", "44.121.2", tuning, "JavaScript"),
		npmTree("aws-sdk-js", "aws-sdk", "2.1693.0", tuning, "JavaScript and API descriptions"),
		npmTree("firebase", "firebase", "13.2.0", tuning, "JavaScript, in part minified"),
		debianTree("neutron", "neutron", "2:21.0.0-7", tuning, "Python"),
		debianTree("spring", "libspring-java", "4.3.30-2", tuning, "Java"),
		debianTree("mediawiki", "mediawiki", "1:1.39.17-1+deb12u2", tuning, "PHP and JavaScript, translations"),
		judgedModule("gitea", "code.gitea.io/gitea", "v1.27.3", tuning, "Go and TypeScript"),
		judgedModule("minio", "github.com/minio/minio", "v0.0.0-20260212201848-7aac2a2c5b7c", tuning, "Go, shell and documents"),
		judgedModule("istio", "istio.io/istio", "v0.0.0-20260827124520-eed52ebb66ad", tuning, "Go and manifests"),
		judgedModule("prometheus", "github.com/prometheus/prometheus", "v0.315.0", tuning, "Go and TypeScript"),
		judgedModule("vault", "github.com/hashicorp/vault", "v1.21.4", tuning, "Go and JavaScript, full of credentials of tests"),
		judgedModule("traefik", "github.com/traefik/traefik/v3", "v3.7.13", tuning, "Go, TypeScript and documents"),
		npmTree("next", "next", "16.4.6", tuning, "JavaScript, much of it minified"),
		npmTree("ghost", "ghost", "6.65.0", tuning, "JavaScript, in part minified"),
		npmTree("n8n-nodes", "n8n-nodes-base", "2.41.2", tuning, "JavaScript, the names of 400 services"),
		debianTree("django", "python-django", "3:3.2.25-0+deb12u3", tuning, "Python, translations and documents"),
		debianTree("keystone", "keystone", "2:22.0.2-0+deb12u3", tuning, "Python and documents"),
		debianTree("node", "nodejs", "18.20.4+dfsg-1~deb12u2", tuning, "JavaScript and C++, with what it depends on"),
		debianTree("rails", "rails", "2:6.1.7.10+dfsg-1~deb12u2", tuning, "Ruby"),
		debianTree("tomcat", "tomcat10", "10.1.55-1~deb12u1", tuning, "Java"),
		debianTree("curl", "curl", "7.88.1-10+deb12u15", tuning, "C and tests of protocols"),
	}
}

func judgedModule(name, path, version string, group judged, about string) corpus {
	c := moduleTree(name, path, version, about)
	c.Judged, c.OnRequest = group, true
	return c
}

func npmTree(name, pkg, version string, group judged, about string) corpus {
	return corpus{
		Name: name, About: about, Origin: "npm:" + pkg + "@" + version, Judged: group, OnRequest: true,
		build: func(ctx context.Context, _ *bench, dir string) error { return fetchNPM(ctx, dir, pkg+"@"+version) },
	}
}

func debianTree(name, source, version string, group judged, about string) corpus {
	return corpus{
		Name: name, About: about, Origin: "deb:" + source + "@" + version, Judged: group, OnRequest: true,
		build: func(ctx context.Context, _ *bench, dir string) error { return fetchDebian(ctx, dir, source, version) },
	}
}

// treesNamed returns the folders named, or the deciding trees.
func treesNamed(names []string) ([]corpus, error) {
	if len(names) == 0 {
		return slices.DeleteFunc(corpora(), func(c corpus) bool { return c.Judged != deciding }), nil
	}
	found, err := find(names, func(c corpus) bool { return !c.Repo })
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, errUsage)
	}
	return found, nil
}

// fileRune keeps a file name to what every system takes.
func fileRune(r rune) rune {
	if strings.ContainsRune(`:/\<>"|?*`, r) {
		return '_'
	}
	return r
}

// fetchNPM has npm bring a package as it was published, and unpacks it to dir.
// No script of the package runs.
func fetchNPM(ctx context.Context, dir, spec string) error {
	work, err := besides(dir)
	if err != nil {
		return err
	}
	npm := command{args: []string{"npm", "pack", "--silent", "--ignore-scripts", spec}, dir: work, env: fetchEnv()}
	if _, err := npm.run(ctx); err != nil {
		return err
	}
	return unpackAll(ctx, filepath.Join(work, "*.tgz"), dir)
}

// fetchDebian has apt-get bring a source package as its authors published it,
// and unpacks it to dir. The mirror is the one that the machine is set up with;
// lists and downloads stay beside dir, so that nothing of the system changes.
func fetchDebian(ctx context.Context, dir, source, version string) error {
	work, err := besides(dir)
	if err != nil {
		return err
	}
	for _, sub := range []string{"lists/partial", "cache/archives/partial"} {
		if err := os.MkdirAll(filepath.Join(work, filepath.FromSlash(sub)), 0o755); err != nil {
			return err
		}
	}
	list, err := apt(ctx, work, "indextargets", "--format", "deb-src $(REPO_URI) $(RELEASE) $(COMPONENT)", "Identifier: Packages", "Label: Debian")
	if err != nil {
		return err
	}
	sources := filepath.Join(work, "sources.list")
	if err := os.WriteFile(sources, list, 0o644); err != nil {
		return err
	}
	own := []string{"-qq", "-o", "Dir::Etc::SourceList=" + sources, "-o", "Dir::Etc::SourceParts=-",
		"-o", "Dir::State::Lists=" + filepath.Join(work, "lists"), "-o", "Dir::Cache=" + filepath.Join(work, "cache")}
	if _, err := apt(ctx, work, append(own, "update")...); err != nil {
		return err
	}
	if _, err := apt(ctx, work, append(own, "source", "--download-only", "--tar-only", source+"="+version)...); err != nil {
		return err
	}
	return unpackAll(ctx, filepath.Join(work, "*.orig.tar.*z*"), dir)
}

func apt(ctx context.Context, dir string, args ...string) ([]byte, error) {
	return command{args: append([]string{"apt-get"}, args...), dir: dir, env: fetchEnv()}.output(ctx)
}

// besides makes a folder for what is fetched to build dir.
func besides(dir string) (string, error) {
	work := dir + ".fetched"
	return work, os.MkdirAll(work, 0o755)
}

// unpackAll unpacks the archives of a pattern to dir, each without its top
// folder.
func unpackAll(ctx context.Context, pattern, dir string) error {
	archives, err := filepath.Glob(pattern)
	if err != nil {
		return err
	}
	archives = slices.DeleteFunc(archives, func(a string) bool { return strings.HasSuffix(a, ".asc") })
	if len(archives) == 0 {
		return errors.New("no archive was fetched")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, a := range archives {
		tar := command{args: []string{"tar", "-xf", a, "-C", dir, "--strip-components=1", "--no-same-owner"}, env: cleanEnv(dir)}
		if _, err := tar.run(ctx); err != nil {
			return err
		}
	}
	return nil
}
