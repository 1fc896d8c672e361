package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
)

// chain is the state of a record's chain: each line has the hash of the line
// before it.
type chain struct {
	lines uint64
	head  string // SHA-256 of the last line without its end, "" before the first
}

func (c *chain) add(line []byte) {
	c.lines++
	c.head = hashOf(line)
}

func hashOf(line []byte) string {
	sum := sha256.Sum256([]byte(strings.TrimSuffix(string(line), "\n")))
	return hex.EncodeToString(sum[:])
}

// shortHead is how many characters of a head are shown to people.
const shortHead = 8

// Short gives the first eight characters of a head.
func Short(head string) string { return head[:min(shortHead, len(head))] }

// Words gives the first eight characters of a head as four words, one for each
// two of them: "amber-otter-north-seven". They can be read out and compared.
func Words(head string) string {
	var out []string
	for i := 0; i+2 <= len(Short(head)); i += 2 {
		n, err := strconv.ParseUint(head[i:i+2], 16, 8)
		if err != nil {
			return ""
		}
		out = append(out, wordList[n])
	}
	return strings.Join(out, "-")
}

// names says whether what a person gives (a head, the beginning of it of at
// least eight characters, or its four words) names this head.
func names(given, head string) bool {
	given = strings.ToLower(strings.TrimSpace(given))
	if strings.Join(strings.Fields(strings.ReplaceAll(given, "-", " ")), "-") == Words(head) {
		return true
	}
	return len(given) >= shortHead && strings.HasPrefix(head, given)
}
