// Host tests of the portable parts that nothing on the line shows: debouncing, settings, cues.
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "buttons.h"
#include "config.h"
#include "cues.h"

// ---- Buttons

static const uint8_t quiet_ms = DEBOUNCE_MS + 1;

static void a_press_keeps_the_time_of_its_first_touch(void) {
    button_t button = {0};
    const char *bounce = "0101101111111111111";
    int decided_at = -1;
    for (int ms = 0; bounce[ms]; ms++) {
        moment_t now = {(uint32_t)(1000 + ms), 7};
        if (button_look(&button, bounce[ms] == '1', now, (uint16_t)(65530 + ms))) {
            assert(decided_at < 0);
            decided_at = ms;
        }
    }
    assert(button.down && button.first_seen.scan == 1001 && button.first_seen.ticks == 7);
    assert(decided_at == 6 + quiet_ms);
}

static void a_short_disturbance_is_not_a_press(void) {
    button_t button = {0};
    for (int ms = 0; ms < 100; ms++) {
        moment_t now = {(uint32_t)ms, 0};
        assert(!button_look(&button, ms >= 10 && ms < 14, now, (uint16_t)ms));
    }
    assert(!button.down);
    // and the next real press is dated by itself
    for (int ms = 100; ms < 120; ms++) {
        button_look(&button, true, (moment_t){(uint32_t)ms, 0}, (uint16_t)ms);
    }
    assert(button.down && button.first_seen.scan == 100);
}

// ---- Settings

static uint8_t eeprom[1024];
static uint8_t read_eeprom(uint16_t address) { return eeprom[address]; }

static void settings_survive_the_eeprom(void) {
    config_t config, back;
    uint8_t generation = 0;
    memset(&back, 0x77, sizeof back);
    config_defaults(&config);
    config.serial_number = 0x89ABCDEF;
    strcpy(config.name, "sixteen letters!");
    strcpy(config.sensors[7].name, "twelve chars");
    config.sensors[7].divider_ohm = 1000000;
    config_encode(&config, 200, eeprom + 100);
    assert(config_decode(&back, &generation, read_eeprom, 100) == CONFIG_STORED);
    assert(generation == 200 && back.serial_number == config.serial_number);
    assert(strcmp(back.name, config.name) == 0);
    for (int c = 0; c < CHANNELS; c++) {
        assert(strcmp(back.sensors[c].name, config.sensors[c].name) == 0);
        assert(back.sensors[c].divider_ohm == config.sensors[c].divider_ohm);
    }
}

static void any_damaged_byte_of_the_settings_is_noticed(void) {
    config_t config;
    uint8_t generation;
    config_defaults(&config);
    for (int at = 0; at < CONFIG_BYTES; at++) {
        for (int bit = 0; bit < 8; bit++) {
            config_encode(&config, 1, eeprom);
            eeprom[at] ^= (uint8_t)(1 << bit);
            assert(config_decode(&config, &generation, read_eeprom, 0) == CONFIG_BROKEN);
            config_defaults(&config);
        }
    }
}

static void an_unwritten_eeprom_is_blank_and_a_zeroed_one_broken(void) {
    config_t config;
    uint8_t generation;
    memset(eeprom, 0xFF, sizeof eeprom);
    assert(config_decode(&config, &generation, read_eeprom, 0) == CONFIG_BLANK);
    memset(eeprom, 0, sizeof eeprom);
    assert(config_decode(&config, &generation, read_eeprom, 0) == CONFIG_BROKEN);
}

static void settings_out_of_range_are_not_used_even_with_a_good_checksum(void) {
    config_t config;
    uint8_t generation;
    config_defaults(&config);
    config.sensors[3].divider_ohm = 0;
    config_encode(&config, 1, eeprom);
    assert(config_decode(&config, &generation, read_eeprom, 0) == CONFIG_BROKEN);
    config_defaults(&config);
    config.name[2] = '\n';
    config_encode(&config, 1, eeprom);
    assert(config_decode(&config, &generation, read_eeprom, 0) == CONFIG_BROKEN);
}

static void generations_wrap(void) {
    assert(config_newer(1, 0) && config_newer(0, 255) && config_newer(100, 90));
    assert(!config_newer(0, 1) && !config_newer(255, 0) && !config_newer(5, 5));
}

// ---- Cues

static int led_ms(enum cue_pattern pattern, int from_ms, int to_ms, int *tone_ms) {
    cues_t cues = {0};
    int on = 0;
    *tone_ms = 0;
    cues_show(&cues, pattern, 65000); // wraps on the way
    for (int ms = 0; ms < to_ms; ms++) {
        cue_output_t output = cues_now(&cues, (uint16_t)(65000 + ms));
        on += ms >= from_ms && output.led;
        *tone_ms += ms >= from_ms && output.tone;
    }
    return on;
}

static void silence_is_silent_and_every_other_pattern_is_seen_and_heard(void) {
    int tone_ms;
    assert(led_ms(CUE_OFF, 0, 3000, &tone_ms) == 0 && tone_ms == 0);
    for (int pattern = CUE_TOO_LITTLE; pattern < CUE_COUNT; pattern++) {
        assert(led_ms((enum cue_pattern)pattern, 0, 3000, &tone_ms) > 0 && tone_ms > 0);
    }
}

static void done_and_marker_end_by_themselves_and_warnings_go_on(void) {
    int tone_ms;
    assert(led_ms(CUE_DONE, 5000, 8000, &tone_ms) == 0 && tone_ms == 0);
    assert(led_ms(CUE_MARKER_SEEN, 1000, 4000, &tone_ms) == 0 && tone_ms == 0);
    assert(led_ms(CUE_TOO_LITTLE, 60000, 63000, &tone_ms) > 0 && tone_ms > 0);
    assert(led_ms(CUE_TOO_MUCH, 60000, 63000, &tone_ms) > 0 && tone_ms > 0);
    assert(led_ms(CUE_DATA_LOST, 60000, 63000, &tone_ms) > 0 && tone_ms > 0);
}

static void identify_covers_a_pattern_for_its_time_only(void) {
    cues_t cues = {0};
    int on = 0;
    cues_show(&cues, CUE_OFF, 0);
    cues_identify(&cues, 3, 0);
    for (int ms = 0; ms < 10000; ms++) {
        bool led = cues_now(&cues, (uint16_t)ms).led;
        on += led;
        assert(ms < 3000 || !led);
    }
    assert(on > 1000 && on < 2000);
    cues_identify(&cues, 3, 10000);
    assert(cues_now(&cues, 10000).led);
    cues_identify(&cues, 0, 10001);
    assert(!cues_now(&cues, 10001).led);
}

#define RUN(test) (printf("%s\n", #test), test())

int main(void) {
    RUN(a_press_keeps_the_time_of_its_first_touch);
    RUN(a_short_disturbance_is_not_a_press);
    RUN(settings_survive_the_eeprom);
    RUN(any_damaged_byte_of_the_settings_is_noticed);
    RUN(an_unwritten_eeprom_is_blank_and_a_zeroed_one_broken);
    RUN(settings_out_of_range_are_not_used_even_with_a_good_checksum);
    RUN(generations_wrap);
    RUN(silence_is_silent_and_every_other_pattern_is_seen_and_heard);
    RUN(done_and_marker_end_by_themselves_and_warnings_go_on);
    RUN(identify_covers_a_pattern_for_its_time_only);
    printf("all passed\n");
    return 0;
}
