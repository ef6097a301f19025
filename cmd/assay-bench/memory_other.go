//go:build !linux

package main

import (
	"os"
	"time"
)

// Memory is measured on Linux only; elsewhere it is unknown.

func processMemory(int) memory { return memory{} }

func peakOf(*os.ProcessState) int64 { return 0 }

func limitProcess(int) {}

func childrenOf(int) []int { return nil }

func residentOf(int) (int64, time.Duration) { return 0, 0 }
