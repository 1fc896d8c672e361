package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"github.com/tikv-demo/tikv-demo/internal/text"
)

// settingsName is the file of settings that may lie beside the chapters.
const settingsName = "tikv-demo.yaml"

// The flags that say where the settings are.
const (
	flagChapters = "chapters"
	flagConfig   = "config"
)

// originKey is the annotation of a flag that says where its value came from;
// without it the value is the default or the command line's.
const originKey = "origin"

// variable names the environment variable that stands for a flag.
func variable(flag string) string {
	return "TIKV_DEMO_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// settle gives every flag of a command its value, for every command in the same
// way: the command line, else the environment, else the file, else the default.
func settle(c *cobra.Command, args []string) error {
	f := c.Flags()
	if err := fromEnv(f); err != nil {
		return err
	}
	if err := fromArgument(c, args); err != nil {
		return err
	}
	if f.Lookup(flagConfig) == nil || f.Lookup(flagChapters) == nil {
		return nil // a command without settings
	}
	return fromFile(c.Context(), f)
}

// give sets a flag and remembers where its value came from.
func give(f *pflag.FlagSet, fl *pflag.Flag, value, origin string) error {
	if err := fl.Value.Set(value); err != nil {
		return err
	}
	fl.Changed = true
	return f.SetAnnotation(fl.Name, originKey, []string{origin})
}

// fromEnv takes TIKV_DEMO_FLAG_NAME for every flag that was not given. A variable
// that is empty counts as not set.
func fromEnv(f *pflag.FlagSet) error {
	var errs []error
	f.VisitAll(func(fl *pflag.Flag) {
		name := variable(fl.Name)
		v := os.Getenv(name)
		if v == "" || fl.Changed {
			return
		}
		if err := give(f, fl, v, name); err != nil {
			errs = append(errs, refused(name+"=", v, fl, err))
		}
	})
	return errors.Join(errs...)
}

// fromArgument takes the argument [DIR] for --chapters: they mean the same.
func fromArgument(c *cobra.Command, args []string) error {
	if !strings.Contains(c.Use, "[DIR]") || len(args) != 1 {
		return nil
	}
	fl := c.Flags().Lookup(flagChapters)
	if fl.Changed && fl.Annotations[originKey] == nil && fl.Value.String() != args[0] {
		return usage("--chapters %s and %s are two directories; give one", fl.Value, args[0])
	}
	return give(c.Flags(), fl, args[0], "argument")
}

// longestSettings is many times all settings with their comments.
const longestSettings = 1 << 20

// fromFile takes what --config names, else tikv-demo.yaml in the chapter
// directory, for every flag that was not given. The whole file is checked, also
// where the command has no such flag.
func fromFile(ctx context.Context, f *pflag.FlagSet) error {
	named, dir := f.Lookup(flagConfig).Value.String(), f.Lookup(flagChapters).Value.String()
	name := named
	if name == "" {
		if dir == "" {
			return nil
		}
		name = filepath.Join(dir, settingsName)
	}
	b, err := readNamed(ctx, name, longestSettings)
	switch {
	case named == "" && errors.Is(err, fs.ErrNotExist):
		return nil
	case named == "" && errors.Is(err, syscall.ENOTDIR):
		return notADirectory(dir)
	case errors.Is(err, errInterrupted):
		return err
	case err != nil:
		return precondition("the settings cannot be read: %w", err)
	}
	given, err := parseSettings(name, b, named != "")
	if err != nil {
		return err
	}
	var errs []error
	for _, s := range given {
		fl := f.Lookup(s.key)
		if fl == nil || fl.Changed {
			continue
		}
		if err := give(f, fl, s.value, s.at()); err != nil {
			errs = append(errs, refused(s.at()+": "+s.key+": ", s.value, fl, err))
		}
	}
	return errors.Join(errs...)
}

// setting is one line of a file of settings.
type setting struct {
	file       string
	line       int
	key, value string
}

func (s setting) at() string { return fmt.Sprintf("%s:%d", s.file, s.line) }

// notForFile are flags that ask for one thing once, or say which file it is.
var notForFile = []string{flagConfig, "dry-run", "from", "help", "version"}

// pathKeys are settings that are paths: in a file they count from its directory.
var pathKeys = []string{flagChapters, "record", "cast", "compose-file"}

// settingFlags are the flags of a talk, with whose names and values a file is
// checked. named says that the file was named, and was not found in the directory
// that it would name.
func settingFlags(named bool) *pflag.FlagSet {
	all, f := pflag.NewFlagSet("", pflag.ContinueOnError), pflag.NewFlagSet("", pflag.ContinueOnError)
	(&options{}).bind(all)
	f.SortFlags = false
	all.VisitAll(func(fl *pflag.Flag) {
		if !slices.Contains(notForFile, fl.Name) && (named || fl.Name != flagChapters) {
			f.AddFlag(fl)
		}
	})
	return f
}

// parseSettings reads a file of settings. Either all of it is right, or the error
// says everything that is wrong, with file and line.
func parseSettings(file string, content []byte, named bool) ([]setting, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(content, &doc); err != nil {
		return nil, usage("%s", notYAML(file, err))
	}
	if len(doc.Content) == 0 {
		return nil, nil // empty, or comments alone
	}
	top := doc.Content[0]
	if top.Kind != yaml.MappingNode {
		return nil, usage("%s:%d: must be lines of the form `flag: value`", file, top.Line)
	}
	known := settingFlags(named)
	var all []setting
	var errs []error
	for i := 0; i+1 < len(top.Content); i += 2 {
		s, err := parseSetting(setting{file: file, line: top.Content[i].Line, key: top.Content[i].Value}, top.Content[i+1], known)
		if at := slices.IndexFunc(all, func(o setting) bool { return o.key == s.key }); err == nil && at >= 0 {
			err = usage("%s: %s is given again; line %d has it already", s.at(), s.key, all[at].line)
		}
		all = append(all, s)
		errs = append(errs, err)
	}
	return all, errors.Join(errs...)
}

func parseSetting(s setting, v *yaml.Node, known *pflag.FlagSet) (setting, error) {
	fl := known.Lookup(s.key)
	if fl == nil {
		return s, usage("%s: unknown key %q%s", s.at(), s.key, otherKey(s.key, known))
	}
	_, many := fl.Value.(pflag.SliceValue)
	switch {
	case v.Kind == yaml.ScalarNode && v.Tag == "!!null":
		return s, usage("%s: %s has no value; give one or leave the key out", s.at(), s.key)
	case v.Kind == yaml.ScalarNode:
		s.value = v.Value
	case v.Kind == yaml.SequenceNode && many:
		var each []string
		for _, n := range v.Content {
			each = append(each, n.Value)
		}
		s.value = strings.Join(each, ",")
	default:
		return s, usage("%s: %s must be one value", s.at(), s.key)
	}
	if err := fl.Value.Set(s.value); err != nil {
		return s, refused(s.at()+": "+s.key+": ", s.value, fl, err)
	}
	if slices.Contains(pathKeys, s.key) && !filepath.IsAbs(s.value) {
		s.value = filepath.Join(filepath.Dir(s.file), s.value)
	}
	return s, nil
}

// otherKey says what else an unknown key may have been meant to be.
func otherKey(key string, known *pflag.FlagSet) string {
	switch {
	case key == flagChapters:
		return "; this file was found in the directory that it would name, so leave it out"
	case slices.Contains(notForFile, key):
		return "; it is for the command line alone"
	}
	var all []string
	known.VisitAll(func(fl *pflag.Flag) { all = append(all, fl.Name) })
	if near := text.Nearest(strings.ReplaceAll(key, "_", "-"), all); near != "" {
		return fmt.Sprintf("; did you mean %s?", near)
	}
	return "; the keys are the names of the flags of tikv-demo run"
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// notYAML passes on where the YAML parser stopped.
func notYAML(file string, err error) string {
	line := 1 // the parser gives none when it is the first
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil && m[1] != "" {
		line, _ = strconv.Atoi(m[1]) // digits by the expression
	}
	return fmt.Sprintf("%s:%d: not YAML: %s", file, line, yamlLine.ReplaceAllString(err.Error(), ""))
}
