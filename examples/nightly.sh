#!/usr/bin/env bash
# Draw every prompt of a file with several seeds, and keep the picture of each prompt that CLIP scores best.
#
#     examples/nightly.sh prompts.txt out 3
#
# Run the same command again after a stop or a kill: it draws only what is missing.
set -euo pipefail

prompts=$1 out=$2 seeds=${3:-3}
mkdir -p "$out/pictures"

# --json prints one object per event, errors included.
vqclip batch "$prompts" --vary "seed=1..$seeds" --flat -o "$out/batch" --json > "$out/log.jsonl"
for run in "$out"/batch/[0-9]*/; do
    cp "$run/image.png" "$out/pictures/$(basename "$run").png"
done

number=0
while IFS= read -r prompt; do
    number=$((number + 1))
    picture=$(vqclip search "$out/pictures" "$prompt" --top 1 --json |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["results"][0]["image"])')
    cp "$picture" "$out/best-$number.png"
    echo "$out/best-$number.png"
done < <(grep -v -e '^#' -e '^[[:space:]]*$' "$prompts")
