// Command ocilayout makes an OCI image layout of a Debian root file system and a Hawser binary.
//
// The layout is a folder that any registry client copies from. The same input gives the same bytes: times come from
// -time, nothing else of the machine goes in. It downloads nothing and needs no rights.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"time"
)

func main() {
	var i image
	flag.StringVar(&i.base, "base", "", "tar of the root file system")
	flag.StringVar(&i.binary, "binary", "", "static Hawser binary")
	flag.StringVar(&i.out, "out", "", "folder to make; it must not exist")
	flag.StringVar(&i.version, "version", "unversioned", "version of Hawser, and the image's tag")
	flag.StringVar(&i.arch, "arch", runtime.GOARCH, "architecture of base and binary")
	seconds := flag.Int64("time", 0, "time of the image, in seconds since 1970")
	flag.Parse()
	i.created = time.Unix(*seconds, 0).UTC()
	if err := i.write(); err != nil {
		fmt.Fprintln(os.Stderr, "ocilayout:", err)
		os.Exit(1)
	}
}
