package words

import "maps"

// german is the vocabulary of a German talk, by what says the words. Names of the
// subject stay as they are: Store, Region, Leader, Ticket, Heartbeat, Up. Figures keep
// the decimal point, as on the axes, in the record and in what the subject itself says.
var german = joined(germanPlay, germanScreen, germanAfar, germanPlain)

// joined is one vocabulary of several.
func joined(parts ...map[string]string) map[string]string {
	all := map[string]string{}
	for _, p := range parts {
		maps.Copy(all, p)
	}
	return all
}
