package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/assayhq/assay/audit"
)

// trailFlags say where events are read, if not from CloudTrail's event history.
type trailFlags struct {
	files string
	store string
}

func (f *trailFlags) register(fs *pflag.FlagSet) {
	fs.StringVar(&f.files, "trail-files", "", "read events from the files of a trail in this `folder`, or at s3://bucket/prefix, and not from CloudTrail's event history")
	fs.StringVar(&f.store, "event-data-store", "", "read events from the event data store of CloudTrail Lake with this `ARN`, which AWS charges for")
}

// How far back events are read: CloudTrail's history has 90 days, files any number.
const (
	defaultTrailDays = 365
	maxTrailDays     = 3650
)

// days returns how many days of events are read.
func (f *trailFlags) days(fs *pflag.FlagSet, days int) (int, error) {
	if f.files == "" && f.store == "" {
		if days > audit.MaxEventDays {
			return 0, withHint(fmt.Errorf("--event-days is %d: CloudTrail keeps %d days", days, audit.MaxEventDays), "--trail-files reads older ones")
		}
		return days, nil
	}
	switch {
	case !audit.ValidTrailFiles(f.files):
		return 0, withHint(fmt.Errorf("--trail-files %q is neither a folder nor a bucket", f.files), "a bucket is given as s3://bucket/prefix")
	case f.store != "" && !audit.ValidEventDataStore(f.store):
		return 0, withHint(fmt.Errorf("--event-data-store %q is no ARN of one", f.store), "aws cloudtrail list-event-data-stores shows them")
	case f.files != "" && f.store != "":
		return 0, withHint(errors.New("--trail-files and --event-data-store both say where the events are"), "leave one of them out")
	case !fs.Changed("event-days"):
		return defaultTrailDays, nil
	case days > maxTrailDays:
		return 0, fmt.Errorf("--event-days is %d: %d are read at most", days, maxTrailDays)
	case days == 0:
		return 0, withHint(errors.New("--event-days 0 reads no events, and the flags say where they are"), "leave one of them out")
	}
	return days, nil
}

// inS3 reports whether the files are in S3.
func (f *trailFlags) inS3() bool { return strings.HasPrefix(f.files, "s3://") }

// offline refuses what only AWS could say.
func (f *trailFlags) offline() error {
	switch {
	case f.store != "":
		return withHint(errors.New("--event-data-store is for asking AWS, and --inventory judges a saved file"), "leave one of them out")
	case f.inS3():
		return withHint(errors.New("--trail-files in S3 is for asking AWS, and --inventory judges a saved file"), "copy the files into a folder: aws s3 sync")
	}
	return nil
}

// statements are what reading from there takes, beside what the checks need.
func (f *trailFlags) statements() []audit.PolicyStatement {
	list := audit.BucketPolicy(f.files)
	if f.store != "" {
		list = append(list, audit.StorePolicy(f.store))
	}
	return list
}

// addTrail reads the files of a trail into a saved inventory.
func (a *app) addTrail(ctx context.Context, f *auditFlags, inv *audit.Inventory, o audit.Options) error {
	watch := a.watch(f.output.quiet, func() string { return fmt.Sprintf("%d records of the trail", o.Progress.Count().Events) })
	defer watch.stop()
	_, err := inv.ReadTrail(ctx, audit.TrailFolder{
		Dir: f.trail.files, Since: o.Since, Mask: o.Mask, MaskProse: o.MaskProse, Progress: o.Progress,
	})
	if ctx.Err() != nil {
		return errInterrupted
	}
	if err != nil {
		return withHint(err, "--trail-files names a folder with files as CloudTrail delivers them: AWSLogs/ACCOUNT/CloudTrail/REGION/YYYY/MM/DD/*.json.gz")
	}
	return nil
}

// sayTrail says which files were read.
func (a *app) sayTrail(f *auditFlags, inv *audit.Inventory) {
	if inv.TrailFiles != nil && !f.output.quiet {
		fmt.Fprintf(a.stderr, "trail files: %s\n", inv.TrailFiles)
	}
}

// since is how far back events are read.
func since(days int) time.Duration { return time.Duration(days) * 24 * time.Hour }
