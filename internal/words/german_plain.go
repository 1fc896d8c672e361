package words

// germanPlain are the words that only the plain text has.
var germanPlain = map[string]string{
	" y approves, n refuses, and then":                  " y gibt frei, n lehnt ab, und dann",
	", %s after the fault":                              ", %s nach dem Fehler",
	", errors %d":                                       ", Fehler %d",
	", not started because too many were under way: %d": ", nicht begonnen, weil zu viele im Gang waren: %d",
	"; %s is down":                                      "; %s ist weg",
	"; %s is suspect":                                   "; %s ist verdächtig",
	"; message: %s":                                     "; Meldung: %s",
	"; nothing is known of %s":                          "; über %s ist nichts bekannt",
	"; signals: %s":                                     "; Signale: %s",
	"; the text that was sealed is in the record":       "; der versiegelte Text steht in der Aufzeichnung",
	"At %.1f s, %s: %s":                                 "Bei %.1f s, %s: %s",
	"a claim does not hold: %s Reason: %s":              "eine Aussage hält nicht: %s Grund: %s",
	"at least":                                          "mindestens",
	"at most":                                           "höchstens",
	"from":                                              "von",
	"no fresh look at the cluster: %s":                  "kein frischer Blick auf den Cluster: %s",
	"nodes up: %d of %d%s":                              "Knoten da: %d von %d%s",
	"throughput %d operations a second, p99 %s":         "Durchsatz %d Operationen pro Sekunde, p99 %s",
	"ticket %s":                                         "Ticket %s",
	"ticket %s opened, severity %s: %s%s":               "Ticket %s geöffnet, Schwere %s: %s%s",
	"to":                                                "zu",
}
