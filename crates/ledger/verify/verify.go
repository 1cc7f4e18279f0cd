// Verify checks a log directory with the Go team's sumdb libraries: tlog for the tree, note for the signatures.
//
// Usage: verify DIRECTORY (exit 0: the log is whole; 1: it is not, with the reason; nothing of ours is used).
package main

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: verify DIRECTORY")
		os.Exit(2)
	}
	summary, err := verify(os.Args[1])
	if err != nil {
		fmt.Println("sumdb: BROKEN:", err)
		os.Exit(1)
	}
	fmt.Println("sumdb:", summary)
}

func verify(dir string) (string, error) {
	vkey, err := os.ReadFile(filepath.Join(dir, "vkey"))
	if err != nil {
		return "", err
	}
	verifier, err := note.NewVerifier(strings.TrimSpace(string(vkey)))
	if err != nil {
		return "", err
	}
	latest, err := openCheckpoint(dir, "checkpoint", verifier)
	if err != nil {
		return "", err
	}
	earlier, err := openCheckpoint(dir, "checkpoint.earlier", verifier)
	if err != nil {
		return "", err
	}
	if earlier.N > latest.N {
		return "", fmt.Errorf("the log was shortened: %d entries earlier, %d now", earlier.N, latest.N)
	}
	tree, err := hashEntries(dir, latest)
	if err != nil {
		return "", err
	}
	if err := checkTiles(dir, latest, tree); err != nil {
		return "", err
	}
	if err := checkConsistency(dir, tree, latest, earlier); err != nil {
		return "", err
	}
	inclusions, consistencies, err := checkProofs(dir, latest, earlier, tree)
	if err != nil {
		return "", err
	}
	const words = "%d entries, %d inclusion and %d consistency proofs hold"
	return fmt.Sprintf(words, latest.N, inclusions, consistencies), nil
}

// openCheckpoint verifies the note and reads the tree; sumdb's own tree format has a fixed first line, so it is read here.
func openCheckpoint(dir, name string, verifier note.Verifier) (tlog.Tree, error) {
	bytes, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return tlog.Tree{}, err
	}
	opened, err := note.Open(bytes, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, fmt.Errorf("%s: %w", name, err)
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		return tlog.Tree{}, fmt.Errorf("%s is not a checkpoint of %s", name, verifier.Name())
	}
	var tree tlog.Tree
	if _, err := fmt.Sscanf(lines[1], "%d", &tree.N); err != nil || tree.N < 0 {
		return tlog.Tree{}, fmt.Errorf("%s has no size", name)
	}
	tree.Hash, err = tlog.ParseHash(lines[2])
	return tree, err
}

// hashes is the whole tree in memory, in tlog's storage order.
type hashes struct{ stored []tlog.Hash }

func (h *hashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var found []tlog.Hash
	for _, index := range indexes {
		if index < 0 || index >= int64(len(h.stored)) {
			return nil, fmt.Errorf("hash %d is not in the tree", index)
		}
		found = append(found, h.stored[index])
	}
	return found, nil
}

func (h *hashes) leaf(index int64) tlog.Hash {
	return h.stored[tlog.StoredHashIndex(0, index)]
}

// hashEntries builds the tree from the entries alone and compares its root with the signed one. If they differ, the
// stored leaf hashes say which entry it is.
//
// The tree is not read through tlog.TileHashReader because the version that Debian 12 has (0.7.0) skips the
// authentication of some tiles: it counts the hashes of the right edge where it should count their tiles.
func hashEntries(dir string, latest tlog.Tree) (*hashes, error) {
	tree := &hashes{}
	changed := int64(-1)
	for first := int64(0); first < latest.N; first += tileWidth {
		width := latest.N - first
		if width > tileWidth {
			width = tileWidth
		}
		path := tilePath("entries", first/tileWidth, int(width))
		bundle, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil {
			return nil, err
		}
		leaves, err := os.ReadFile(filepath.Join(dir, tilePath("0", first/tileWidth, int(width))))
		if err != nil {
			return nil, err
		}
		if int64(len(leaves)) != width*tlog.HashSize {
			return nil, fmt.Errorf("%s has the wrong length", tilePath("0", first/tileWidth, int(width)))
		}
		for index := first; index < first+width; index++ {
			if len(bundle) < 2 || len(bundle) < 2+int(binary.BigEndian.Uint16(bundle)) {
				return nil, fmt.Errorf("%s is broken at entry %d", path, index)
			}
			end := 2 + int(binary.BigEndian.Uint16(bundle))
			added, err := tlog.StoredHashes(index, bundle[2:end], tree)
			if err != nil {
				return nil, err
			}
			tree.stored = append(tree.stored, added...)
			bundle = bundle[end:]
			if changed < 0 && string(added[0][:]) != string(leaves[:tlog.HashSize]) {
				changed = index
			}
			leaves = leaves[tlog.HashSize:]
		}
		if len(bundle) != 0 {
			return nil, fmt.Errorf("%s has more entries than its name says", path)
		}
	}
	root, err := tlog.TreeHash(latest.N, tree)
	if err != nil || root == latest.Hash {
		return tree, err
	}
	if changed >= 0 {
		return nil, fmt.Errorf("entry %d is not what was logged", changed)
	}
	return nil, fmt.Errorf("the entries do not have the signed root")
}

// checkTiles holds every stored tile of every level against the tree that the entries give.
func checkTiles(dir string, latest tlog.Tree, tree *hashes) error {
	var tiles []tlog.Tile
	for level, width := 0, latest.N; width > 0; level, width = level+1, width>>tileHeight {
		for first := int64(0); first < width; first += tileWidth {
			tile := tlog.Tile{H: tileHeight, L: level, N: first / tileWidth, W: tileWidth}
			if width-first < tileWidth {
				tile.W = int(width - first)
			}
			tiles = append(tiles, tile)
		}
	}
	stored, err := (&tileReader{dir}).ReadTiles(tiles)
	if err != nil {
		return err
	}
	for i, tile := range tiles {
		expected, err := tlog.ReadTileData(tile, tree)
		if err != nil {
			return err
		}
		if string(expected) != string(stored[i]) {
			return fmt.Errorf("%s is not what the entries give", tilePath(fmt.Sprint(tile.L), tile.N, tile.W))
		}
	}
	return nil
}

// checkConsistency compares the earlier root, then makes a proof from the tiles and checks it, both with tlog.
func checkConsistency(dir string, tree *hashes, latest, earlier tlog.Tree) error {
	if earlier.N == 0 {
		return nil
	}
	root, err := tlog.TreeHash(earlier.N, tree)
	if err != nil {
		return err
	}
	if root != earlier.Hash {
		return fmt.Errorf("the log was rewritten within its first %d entries", earlier.N)
	}
	proof, err := tlog.ProveTree(latest.N, earlier.N, tlog.TileHashReader(latest, &tileReader{dir}))
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, latest.N, latest.Hash, earlier.N, earlier.Hash)
}

// checkProofs checks the proofs that the log's author made.
func checkProofs(dir string, latest, earlier tlog.Tree, tree *hashes) (int, int, error) {
	bytes, err := os.ReadFile(filepath.Join(dir, "proofs.json"))
	if err != nil {
		return 0, 0, err
	}
	var proofs struct {
		Inclusion []struct {
			Index, Size int64
			Hashes      []string
		}
		Consistency []struct {
			Old, New int64
			Hashes   []string
		}
	}
	if err := json.Unmarshal(bytes, &proofs); err != nil {
		return 0, 0, err
	}
	for _, proof := range proofs.Inclusion {
		hashes, err := parseHashes(proof.Hashes)
		if err != nil {
			return 0, 0, err
		}
		if proof.Size != latest.N || proof.Index < 0 || proof.Index >= latest.N {
			return 0, 0, fmt.Errorf("the proof of entry %d is about another log", proof.Index)
		}
		if err := tlog.CheckRecord(hashes, latest.N, latest.Hash, proof.Index, tree.leaf(proof.Index)); err != nil {
			return 0, 0, fmt.Errorf("the inclusion proof of entry %d does not hold: %w", proof.Index, err)
		}
	}
	for _, proof := range proofs.Consistency {
		hashes, err := parseHashes(proof.Hashes)
		if err != nil {
			return 0, 0, err
		}
		if proof.New != latest.N || proof.Old != earlier.N {
			return 0, 0, fmt.Errorf("the consistency proof from %d is about another log", proof.Old)
		}
		if err := tlog.CheckTree(hashes, latest.N, latest.Hash, earlier.N, earlier.Hash); err != nil && earlier.N > 0 {
			return 0, 0, fmt.Errorf("the consistency proof from %d to %d does not hold: %w", proof.Old, proof.New, err)
		}
	}
	return len(proofs.Inclusion), len(proofs.Consistency), nil
}

func parseHashes(texts []string) ([]tlog.Hash, error) {
	var hashes []tlog.Hash
	for _, text := range texts {
		bytes, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(bytes) != tlog.HashSize {
			return nil, fmt.Errorf("%q is not a hash", text)
		}
		var hash tlog.Hash
		copy(hash[:], bytes)
		hashes = append(hashes, hash)
	}
	return hashes, nil
}

// tilePath is the C2SP layout; tlog's own Tile.Path has the tile height in it.
func tilePath(kind string, index int64, width int) string {
	path := fmt.Sprintf("%03d", index%1000)
	for index >= 1000 {
		index /= 1000
		path = fmt.Sprintf("x%03d/%s", index%1000, path)
	}
	path = "tile/" + kind + "/" + path
	if width != tileWidth {
		path += fmt.Sprintf(".p/%d", width)
	}
	return path
}

// tileReader reads C2SP tiles below a directory for tlog.
type tileReader struct{ dir string }

func (r *tileReader) Height() int { return tileHeight }

func (r *tileReader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var data [][]byte
	for _, tile := range tiles {
		path := tilePath(fmt.Sprint(tile.L), tile.N, tile.W)
		bytes, err := os.ReadFile(filepath.Join(r.dir, path))
		if err != nil {
			return nil, err
		}
		if len(bytes) != tile.W*tlog.HashSize {
			return nil, fmt.Errorf("%s has the wrong length", path)
		}
		data = append(data, bytes)
	}
	return data, nil
}

func (r *tileReader) SaveTiles([]tlog.Tile, [][]byte) {}
