package notify

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// chatFit is how many notes a message of some thousand characters can tell with
// their texts.
const chatFit = 20

// What the chats take, in their own units, with room to spare.
const (
	maxSlackHeader  = 150  // characters: Block Kit, header block
	maxSlackSection = 3000 // characters: Block Kit, section block
	maxDiscord      = 2000 // characters: Discord, Execute Webhook, content
	maxMattermost   = 4000 // characters that it takes in every version; 16383 in new ones
	maxTeams        = 8000 // bytes: Teams takes 28 KB, with what JSON and each line of the card add
	maxTeamsLines   = 60
	maxNtfy         = 4096 // bytes: ntfy, message-size-limit; longer ones become files
	maxNtfyTitle    = 200
)

// badge shows how bad it is before anything is read.
func (c *content) badge() string {
	severity, over := c.severity()
	return mark(severity, over)
}

// entities is for text in which & < > lead to something else: Slack's mrkdwn,
// where <!channel> calls everybody.
var entities = medium{size: units, escape: strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace}

// markdown writes a title so that nothing of it is markup. An @ would call
// people in Mattermost, even behind a backslash; the wide one calls nobody.
var markdown = medium{size: units, escape: func(piece string) string {
	if piece == "@" {
		return "＠"
	}
	return escapeMarkdown.Replace(piece)
}}

var escapeMarkdown = strings.NewReplacer(escaped("\\`*_[]<>#|~:&$")...)

// escaped returns each of chars with what stands for it.
func escaped(chars string) (pairs []string) {
	for _, r := range chars {
		pairs = append(pairs, string(r), `\`+string(r))
	}
	return pairs
}

// fenced writes the lines of a block of code, in which only the mark of its end
// means something, and nobody is called.
var fenced = medium{size: units, escape: strings.NewReplacer("`", "'").Replace}

// slackRequest is for Slack's incoming webhooks. Blocks of plain text know no
// markup; text is what a notification shows.
func slackRequest(w *Webhook, c content) (*url.URL, any) {
	type text struct {
		Type  string `json:"type"`
		Text  string `json:"text"`
		Emoji bool   `json:"emoji"`
	}
	type block struct {
		Type string `json:"type"`
		Text text   `json:"text"`
	}
	title := c.badge() + " " + entities.line(c.title, maxSlackHeader-5)
	blocks := []block{{"header", text{"plain_text", title, false}}}
	if body := entities.text(c.lines, maxSlackSection); body != "" {
		blocks = append(blocks, block{"section", text{"plain_text", body, false}})
	}
	return w.url, map[string]any{"text": title, "blocks": blocks}
}

// mattermostRequest is for Mattermost's incoming webhooks, and for others that
// take Slack's oldest form.
func mattermostRequest(w *Webhook, c content) (*url.URL, any) {
	return w.url, map[string]any{"text": markdownText(c, maxMattermost)}
}

// discordRequest is for Discord's webhooks. allowed_mentions keeps everybody
// from being called whatever the text says.
func discordRequest(w *Webhook, c content) (*url.URL, any) {
	return w.url, map[string]any{"content": markdownText(c, maxDiscord), "allowed_mentions": map[string]any{"parse": []string{}}}
}

func markdownText(c content, limit int) string {
	const maxTitle, open, end = 300, "\n```\n", "\n```"
	title := c.badge() + " **" + markdown.line(c.title, maxTitle) + "**"
	return title + open + fenced.text(c.lines, limit-units(title)-len(open)-len(end)) + end
}

// teamsRequest is for Teams by a workflow "when a webhook request is received":
// an Adaptive Card. Its text runs know no markup.
func teamsRequest(w *Webhook, c content) (*url.URL, any) {
	type run struct {
		Type   string `json:"type"`
		Text   string `json:"text"`
		Weight string `json:"weight,omitempty"`
		Size   string `json:"size,omitempty"`
	}
	type block struct {
		Type    string `json:"type"`
		Inlines []run  `json:"inlines"`
	}
	var plain medium
	body := []block{{"RichTextBlock", []run{{"TextRun", c.badge() + " " + plain.line(c.title, 300), "Bolder", "Medium"}}}}
	lines := c.lines
	if more := len(lines) - maxTeamsLines; more > 0 {
		lines = append(slices.Clone(lines[:maxTeamsLines]), fmt.Sprintf("… and %s more %s", number(more), plural("line", more)))
	}
	for _, l := range strings.Split(plain.text(lines, maxTeams), "\n") {
		body = append(body, block{"RichTextBlock", []run{{"TextRun", l, "", ""}}})
	}
	card := map[string]any{
		"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4",
		"body": body, "msteams": map[string]string{"width": "Full"},
	}
	return w.url, map[string]any{
		"type":        "message",
		"attachments": []any{map[string]any{"contentType": "application/vnd.microsoft.card.adaptive", "content": card}},
	}
}

// checkTopic says whether a URL ends with a topic of ntfy.
func checkTopic(u *url.URL) error {
	if topic := strings.Trim(u.Path, "/"); topic == "" {
		return errors.New("the url must end with a topic, as in https://ntfy.sh/topic")
	}
	return nil
}

// ntfyRequest is for ntfy, published as JSON: the topic moves from the URL into
// the body, where a title may have every character.
func ntfyRequest(w *Webhook, c content) (*url.URL, any) {
	to := *w.url
	path := strings.TrimRight(to.Path, "/")
	at := strings.LastIndexByte(path, '/')
	topic := path[at+1:]
	to.Path, to.RawPath = path[:at+1], ""
	severity, over := c.severity()
	priority := 3
	switch {
	case over, severity > 4:
		priority = 3
	case severity <= 2:
		priority = 5
	case severity == 3:
		priority = 4
	}
	var plain medium
	return &to, map[string]any{
		"topic": topic, "title": c.badge() + " " + plain.line(c.title, maxNtfyTitle),
		"message": plain.text(c.lines, maxNtfy-100), "priority": priority,
	}
}
