"""Every option has a test that shows what it does: on pixels, files, numbers, or the order of events."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from vqclip.settings.schema import options

TESTS = Path(__file__).resolve().parent
REFERENCE = TESTS.parent / "docs" / "reference.md"

SETTINGS = """
prompt: loop::the_score_of_the_prompt_rises loop::a_negative_prompt_lowers_its_score
prompt_at: scenes::a_prompt_at_a_step_or_a_share_begins_a_scene
scene_steps: scenes::scenes_share_the_run_evenly_or_have_their_own_length
cross_fade: scenes::a_cross_fade_goes_along_half_a_cosine_and_loses_no_pull
image_prompt: targets::an_image_prompt_draws_towards_the_picture_and_its_weight_counts
noise_prompt: targets::a_noise_prompt_draws_towards_its_direction
prompt_prefix: targets::clip_reads_the_words_around_the_prompts_and_those_beside_them
prompt_suffix: targets::clip_reads_the_words_around_the_prompts_and_those_beside_them
prompt_also: targets::clip_reads_the_words_around_the_prompts_and_those_beside_them
    scenes::what_is_looked_for_always_pulls_in_every_scene_beside_its_prompts
text_off: targets::text_off_draws_away_from_letters
long_prompts: targets::a_long_prompt_is_read_to_its_end_on_request
seed: loop::one_seed_one_picture_and_zero_is_a_seed
init: init::a_run_begins_with_the_ground_that_it_names candidates::a_run_begins_with_the_best_of_its_candidates
init_image: init::a_ground_that_is_named_shows_where_an_init_picture_is_clear
init_run: latents::any_run_can_begin_where_a_finished_one_ended
init_image_alpha: init::an_init_picture_lies_over_the_ground_as_much_as_its_alpha_says
init_weight: loop::an_init_weight_holds_the_init_picture_at_every_stage
init_weight_pixels: loop::an_init_weight_holds_the_init_picture_at_every_stage
init_weight_end: loop::an_init_weight_holds_the_init_picture_at_every_stage
mask: latent_image::what_a_mask_keeps_is_unchanged_to_the_byte
mask_feather: latent_image::the_edge_of_what_is_free_is_soft
target_image: session::the_pictures_of_a_run_are_those_of_its_files overlays::a_run_grows_towards_its_target
target_weight: overlays::the_weights_of_a_target_are_those_of_its_latent_and_of_its_pixels
target_weight_pixels: overlays::a_run_grows_towards_its_target
    overlays::the_weights_of_a_target_are_those_of_its_latent_and_of_its_pixels
overlay_image: session::the_pictures_of_a_run_are_those_of_its_files
    overlays::an_overlay_comes_after_its_steps_until_its_last
overlay_alpha: overlays::an_overlay_covers_as_much_as_its_alpha_says
overlay_every: overlays::an_overlay_comes_after_its_steps_until_its_last
overlay_offset: overlays::an_offset_brings_the_overlays_of_a_run_later
overlay_until: overlays::an_overlay_comes_after_its_steps_until_its_last
seamless: latent_image::the_edges_of_a_seamless_picture_match
symmetry: latent_image::a_symmetric_picture_equals_its_mirror_images_to_the_byte

candidates: candidates::a_run_begins_with_the_best_of_its_candidates
upsample_candidates: upsampler::a_run_begins_with_the_best_upsampled_candidate
prior_style: candidates::a_style_is_that_of_every_candidate_and_without_one_each_takes_its_turn
guidance: candidates::guidance_brings_candidates_near_their_prompt_and_without_it_none_is_heard
temperature: candidates::a_low_temperature_makes_candidates_alike

vqgan: session::a_checkpoint_file_draws_with_its_own_weights
vqgan_config: reconstruct::a_checkpoint_alone_is_read_by_the_configuration_that_is_named
clip: session::each_clip_is_the_one_that_is_named_and_pulls_by_the_weight_that_is_given
    loop::perceptors_pull_by_their_weight
clip_alternate: loop::alternating_perceptors_look_in_turn_each_with_the_pull_of_its_round

size: loop::stages_grow_the_picture
iterations: api::a_run_folder_holds_what_the_guide_says
stages: loop::stages_grow_the_picture
stage_upsampling: stage_upsampling::a_run_of_stages_ends_with_sharper_edges
best_of: best_of::the_best_start_goes_on_as_the_run_of_its_seed
best_of_share: best_of::the_best_start_goes_on_as_the_run_of_its_seed
pixel_steps: pixel_image::nothing_is_decoded_in_pixel_optimisation_and_the_score_rises
pixel_learning_rate: pixel_image::the_rate_of_the_pixels_is_theirs_alone
optimiser: schedules::a_run_climbs_by_the_optimiser_that_it_names_at_the_rate_of_each_step
learning_rate: schedules::a_run_climbs_by_the_optimiser_that_it_names_at_the_rate_of_each_step
learning_rate_end: schedules::the_metrics_of_a_run_tell_the_rate_of_each_step
learning_rate_schedule: schedules::the_metrics_of_a_run_tell_the_rate_of_each_step
learning_rate_drops: schedules::a_run_climbs_by_the_optimiser_that_it_names_at_the_rate_of_each_step
learning_rate_plateau: progress::a_killed_run_ends_at_the_step_where_an_unbroken_one_ends
    progress::each_halt_lowers_the_learning_rate
auto_stop: progress::a_halt_ends_only_the_last_stage
patience: progress::a_killed_run_ends_at_the_step_where_an_unbroken_one_ends
min_gain: progress::a_loss_stands_still_when_a_block_gains_less_than_its_share
until_score: progress::the_score_has_to_be_reached_by_more_than_one_lucky_step
    progress::a_run_that_ends_early_is_finished_and_says_why
max_seconds: progress::a_run_that_ends_early_is_finished_and_says_why
ema: schedules::a_run_shows_the_running_mean_of_its_latents
latent_l2: image_losses::the_square_of_the_latent_pulls_in_the_first_half_of_a_run
tv: image_losses::the_option_tv_is_the_loss_tv

style: styles::a_style_is_seen_and_goes_with_the_run
loss: image_losses::a_loss_lowers_what_it_measures image_losses::a_schedule_is_followed_at_every_step
palette: session::a_palette_file_gives_as_many_of_its_colours_as_are_asked_for
    image_losses::a_loss_lowers_what_it_measures
palette_size: session::a_palette_file_gives_as_many_of_its_colours_as_are_asked_for
edge_colour: image_losses::a_loss_lowers_what_it_measures

cutouts: loop::clip_sees_as_many_cutouts_as_are_asked_for_and_never_more_at_once_than_a_chunk
cut_method: cutouts::normal_sizes_are_about_four_fifths cutout_sheet::each_cutout_shows_the_place_that_is_said_of_it
cut_pow: cutouts::cut_pow_moves_crowsons_sizes
cut_noise: cutouts::noise_has_a_deviation_of_its_own_per_cutout
cut_overview: cutouts::disco_goes_from_overviews_to_inner_crops
cut_grey: cutouts::disco_greys_a_share_of_the_inner_crops_early
augments: augment::each_code_changes_its_share_of_the_cutouts_and_leaves_the_others
augment: augment::the_strength_changes_what_has_one
cut_chunk: loop::clip_sees_as_many_cutouts_as_are_asked_for_and_never_more_at_once_than_a_chunk

zoom: loop::a_move_begins_anew_where_it_leads_to motion::a_zoom_enlarges_by_its_factor
pan_x: loop::a_pan_moves_the_picture_by_its_pixels
pan_y: loop::a_pan_moves_the_picture_by_its_pixels
rotate: motion::schedules_say_the_move_of_every_step motion::a_turn_goes_against_the_clock
move_every: motion::moves_come_every_so_many_steps_and_not_before_the_first
move_border: loop::what_comes_in_at_a_moved_edge_is_the_border_that_is_named

device: session::a_run_is_on_the_device_that_is_named
dtype: session::the_networks_compute_in_the_precision_that_is_named
threads: session::a_run_takes_the_threads_that_it_is_given_and_says_so
tile_size: tiling::a_step_decodes_one_tile_of_the_side_that_is_named
low_memory: decoder::low_memory_takes_less_memory_for_a_step
compile: compiling::a_compiled_run_draws_the_same_with_a_graph_for_each_network_and_stage

save_every: progress_video::frames_are_kept_at_those_steps_and_resume_keeps_to_them
    api::a_run_folder_holds_what_the_guide_says
frame_spacing: progress_video::frames_are_kept_at_those_steps_and_resume_keeps_to_them
snapshot_every: api::a_run_folder_holds_what_the_guide_says
video: progress_video::a_rate_in_the_users_own_file_is_no_hindrance_to_a_run_without_a_film
video_format: progress_video::a_run_writes_its_video_in_the_format_that_was_asked_for
fps: progress_video::a_film_goes_at_its_rate_holds_its_end_and_is_smoothed
video_seconds: progress_video::a_length_sets_the_rate
hold_last: progress_video::a_film_goes_at_its_rate_holds_its_end_and_is_smoothed
video_smooth: progress_video::a_film_goes_at_its_rate_holds_its_end_and_is_smoothed
    video::smoothing_puts_what_moves_between_the_frames
video_title: progress_video::a_video_says_the_prompt_and_the_seed_as_far_as_metadata_are_wanted
video_comment: progress_video::a_video_says_the_prompt_and_the_seed_as_far_as_metadata_are_wanted
crf: progress_video::a_quality_can_be_chosen
report: report::the_page_holds_the_picture_the_video_and_every_frame_of_the_run
metadata: api::metadata_can_be_kept_short
"""
"""The settings of a run, each with tests: `ROOM::NAME` is test_NAME in test_ROOM.py."""

COMMANDS = """
--output: cli::another_run_is_replaced_on_request_alone
--overwrite: cli::another_run_is_replaced_on_request_alone
--preset: cli::presets_and_files_of_settings_reach_a_run
--config: cli::presets_and_files_of_settings_reach_a_run
--json: cli::fault_61_json_is_all_that_standard_output_holds
--quiet: cli::quiet_prints_the_path_alone
--preview: preview::at_a_terminal_the_picture_is_shown_and_opened
--open: preview::at_a_terminal_the_picture_is_shown_and_opened
--jobs: workers::runs_at_once_give_the_pictures_of_runs_in_turn
--vary: batch::every_line_of_a_file_is_a_prompt_of_its_own
--clip: score::the_clip_that_is_named_judges
generate --prompt-file: prompts::prompts_come_from_a_file_or_standard_input
generate --dry-run: dry_run::a_dry_run_tells_all_and_draws_nothing
rerun --forget: rerun::a_setting_that_loses_its_effect_can_be_forgotten
rerun --prompt: rerun::an_option_changes_its_setting_alone
video --output: progress_video::the_video_command_makes_it_anew_with_what_is_given
video --allow-gaps: progress_video::the_video_command_leaves_gaps_out_on_request_alone
report --output: report::an_old_run_gets_its_page_afterwards_wherever_it_is_wanted
sample --output: cli::sample_writes_a_sheet_and_tells_the_ranking
sweep --output: batch::runs_take_their_settings_from_presets_and_files
batch --output: batch::runs_take_their_settings_from_presets_and_files
interpolate --frames: interpolate::the_frames_begin_and_end_with_the_pictures_of_the_runs
interpolate --path: interpolate::the_way_and_its_pace_are_those_that_are_asked_for
interpolate --easing: interpolate::the_way_and_its_pace_are_those_that_are_asked_for
interpolate --loop: interpolate::pictures_and_tokens_are_ends_too_and_a_loop_comes_back
interpolate --quantise: interpolate::codes_alone_or_what_lies_between_them
interpolate --output: interpolate::the_frames_begin_and_end_with_the_pictures_of_the_runs
interpolate --overwrite: interpolate::the_frames_begin_and_end_with_the_pictures_of_the_runs
restyle --frame-steps: restyle::the_command_draws_what_its_options_say
restyle --strength: restyle::the_command_draws_what_its_options_say
    restyle::strength_says_how_far_a_frame_may_go
restyle --blend: restyle::the_command_draws_what_its_options_say
    restyle::blend_brings_the_frame_before_into_the_next
restyle --preset: restyle::the_command_draws_what_its_options_say
restyle --overwrite: restyle::the_command_draws_what_its_options_say
restyle --fps: restyle::a_rate_says_how_many_frames_are_drawn
classify --labels: score::classify_finds_the_colour_of_each_picture
classify --labels-file: score::labels_are_read_from_standard_input
classify --template: score::templates_replace_the_built_in_ones
classify --top: score::classify_finds_the_colour_of_each_picture
index --index: score::the_index_can_lie_elsewhere
search --index: score::the_index_can_lie_elsewhere
search --image: score::search_by_a_picture_finds_that_picture
search --top: score::search_by_a_picture_finds_that_picture
search --sheet: score::the_sheet_holds_the_results_in_their_order
encode --output: reconstruct::decode_of_encode_is_reconstruct_to_the_byte
decode --output: reconstruct::decode_of_encode_is_reconstruct_to_the_byte
reconstruct --output: reconstruct::decode_of_encode_is_reconstruct_to_the_byte
cutouts --output: cutout_sheet::size_and_seed_are_those_asked_for
cutouts --step: cutout_sheet::the_shares_of_disco_are_those_of_the_step
upscale --output: upscale::lanczos_is_always_there
upscale --factor: upscale::lanczos_is_always_there
upscale --model: upscale::a_network_of_real_esrgans_layout_upscales
upscale --tile: upscale::tiles_are_bounded_and_leave_no_seam
models convert --vqgan-config: convert::a_checkpoint_alone_is_converted_by_the_configuration_that_is_named
models convert --dtype: convert::a_model_known_by_name_gets_its_configuration_written_out
    convert::half_precision_is_half_the_bytes_and_nearly_the_same
models convert --only-vqgan: convert::a_net2net_keeps_its_transformer_unless_it_is_told_not_to
config show --sources: cli::config_show_prints_what_config_reads
"""
"""The options of commands that are no settings: of one command, or, without its name, of all others."""


def table(text: str) -> dict[str, list[str]]:
    """The tests of each option; a line that begins with blanks goes on with the one before."""
    lines = re.sub(r"\n\s+(?=\S+::)", " ", text).splitlines()
    entries = [re.split(r":\s", line, maxsplit=1) for line in lines if line]
    assert len({option for option, _ in entries}) == len(entries), "an option stands twice"
    return {option: tests.split() for option, tests in entries}


@cache
def definitions(room: str) -> dict[str, ast.stmt]:
    """What a test file defines at its top level, by name."""
    found: dict[str, ast.stmt] = {}
    for node in ast.parse((TESTS / f"test_{room}.py").read_text(encoding="utf-8")).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found[node.name] = node
        for target in getattr(node, "targets", [getattr(node, "target", None)]):
            if isinstance(target, ast.Name):
                found[target.id] = node
    return found


def source_of(room: str, name: str) -> str:
    """A test with all that it uses of its file: helpers, fixtures and constants."""
    known, wanted, seen = definitions(room), [name], {}
    while wanted:
        name = wanted.pop()
        if name in known and name not in seen:
            seen[name] = known[name]
            for node in ast.walk(known[name]):
                if isinstance(node, (ast.Name, ast.arg)):
                    wanted.append(node.id if isinstance(node, ast.Name) else node.arg)
    return "\n".join(map(ast.unparse, seen.values()))


def options_of_commands() -> Iterator[tuple[str, str]]:
    """Every command with each of its options that is no setting, as the reference lists them."""
    commands = REFERENCE.read_text(encoding="utf-8").partition("\n## Settings")[0]
    _, *sections = re.split(r"^## vqclip ", commands, flags=re.MULTILINE)
    for section in sections:
        for option in re.findall(r"^\| `(--[\w-]+)", section, re.M):
            yield section.partition("\n")[0], option


def test_every_setting_has_a_test_of_its_effect() -> None:
    assert set(table(SETTINGS)) == set(options())


def test_every_option_of_a_command_has_a_test_of_its_effect() -> None:
    known, used = table(COMMANDS), set()
    for command, option in options_of_commands():
        key = f"{command} {option}" if f"{command} {option}" in known else option
        assert key in known, f"{command} {option}"
        used.add(key)
    assert used == set(known)


@pytest.mark.parametrize("option", [*table(SETTINGS), *table(COMMANDS)])
def test_the_tests_of_an_option_are_there_and_use_it(option: str) -> None:
    tests = (table(SETTINGS) | table(COMMANDS))[option]
    used = ""
    for test in tests:
        room, _, name = test.partition("::")
        assert f"test_{name}" in definitions(room), test
        used += source_of(room, f"test_{name}")
    short = {"--output": "|-o", "--quiet": "|-q"}.get(option.rpartition(" ")[2], "")
    name = option.rpartition(" ")[2].removeprefix("--").replace("_", "-")
    assert re.search(rf"\b{name.replace('-', '[-_]')}\b{short}", used), "none of them names it"
