package docker

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

type composeFile struct {
	Name     *string `yaml:"name"`
	Version  *string `yaml:"version"`
	Services map[string]struct {
		Image       string
		Command     []string
		Ports       []string
		Volumes     []string
		Restart     string
		Environment map[string]string
		Healthcheck struct{ Test []string }
	}
	Volumes map[string]struct{}
}

func readCompose(t *testing.T) (text string, file composeFile) {
	t.Helper()
	b, err := Files.ReadFile("compose.yaml")
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(b, &file))
	return string(b), file
}

// Nobody beside this machine reaches the cluster, and no two ports collide, even
// where others use the default ones.
func TestPortsAreLocalAndChangeable(t *testing.T) {
	_, file := readCompose(t)
	form := regexp.MustCompile(`^127\.0\.0\.1:\$\{(\w+):-(\d+)\}:(\d+)$`)
	variables, defaults := map[string]bool{}, map[string]bool{}
	for name, s := range file.Services {
		want := []string{"2379"}
		if strings.HasPrefix(name, "tikv") {
			want = []string{"20160", "20180"}
		}
		var inside []string
		for _, p := range s.Ports {
			m := form.FindStringSubmatch(p)
			require.NotNil(t, m, "%s: %s", name, p)
			require.False(t, variables[m[1]] || defaults[m[2]], "%s: %s is given twice", name, p)
			require.True(t, strings.HasSuffix(m[1], name[len(name)-1:]), "%s: %s", name, p)
			variables[m[1]], defaults[m[2]] = true, true
			inside = append(inside, m[3])
		}
		require.Equal(t, want, inside, name)
	}
	require.Len(t, variables, 9)
}

func TestServices(t *testing.T) {
	text, file := readCompose(t)
	require.Nil(t, file.Name, "docker-compose 1.29 refuses a name")
	require.Nil(t, file.Version, "docker compose warns of a version")
	require.Len(t, file.Services, 6)
	for _, name := range []string{"pd-1", "pd-2", "pd-3", "tikv-1", "tikv-2", "tikv-3"} {
		s, ok := file.Services[name]
		require.True(t, ok, name)
		require.Regexp(t, `^\$\{(PD|TIKV)_IMAGE:-pingcap/(pd|tikv):v8\.5\.\d+\}$`, s.Image)
		require.Empty(t, s.Restart, "%s would rise from the dead", name)
		require.Equal(t, []string{"CMD", "wget", "-q", "-O", "/dev/null"}, s.Healthcheck.Test[:5], name)
		require.Equal(t, []string{"./settings:/settings:ro,z", name + ":/data"}, s.Volumes, name)
		require.Contains(t, file.Volumes, name)
		told := strings.Join(s.Command, " ")
		for _, other := range []string{"pd-1", "pd-2", "pd-3", "tikv-1", "tikv-2", "tikv-3"} {
			if strings.HasPrefix(other, "tikv") && other != name {
				require.NotContains(t, told, other, "%s says that it is another", name)
			}
		}
		if strings.HasPrefix(name, "tikv") {
			require.Contains(t, told, "--advertise-addr="+name+":20160 ")
			require.Contains(t, told, "--advertise-status-addr="+name+":20180 ")
		} else {
			require.Contains(t, told, "--name="+name+" ")
			require.Contains(t, told, "--advertise-client-urls=http://"+name+":2379 ")
			require.Contains(t, told, "--advertise-peer-urls=http://"+name+":2380 ")
		}
	}
	for _, v := range regexp.MustCompile(`\$\{\w+[^}]*\}`).FindAllString(text, -1) {
		require.Contains(t, v, ":-", "%s has no default", v)
	}
}
