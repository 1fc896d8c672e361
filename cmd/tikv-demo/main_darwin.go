package main

import _ "github.com/tikv-demo/tikv-demo/internal/macos" // says why a build without cgo fails
