/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package com.hopper.hts.events.observation;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.hopper.hts.events.FailureKind;
import com.hopper.hts.events.outbox.DeadLetter;
import com.hopper.hts.events.outbox.EventDeliveryListener;
import com.hopper.hts.events.outbox.EventOutboxState;
import io.micrometer.common.docs.KeyName;
import io.micrometer.core.instrument.Meter;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Compares the document with the types that document observations and meters in the code.
 */
class MetersDocumentTests {

	private static final Path DOCUMENT = Path.of("docs/observability.md");

	private static final Path SOURCE = Path
		.of("src/main/java/com/hopper/hts/events/observation/HopperObservationDocumentation.java");

	@Test
	void tableIsGeneratedFromTheCode() throws Exception {
		List<String> lines = new ArrayList<>();
		lines.add("| Meter | Type | Tags | What it says | Prometheus |");
		lines.add("| --- | --- | --- | --- | --- |");
		for (HopperObservationDocumentation observation : HopperObservationDocumentation.values()) {
			lines.add(row(name(observation), "timer", "seconds", observation.getLowCardinalityKeyNames(), "`error`",
					firstSentence(observation)));
		}
		for (HopperMetrics.Meters meter : HopperMetrics.Meters.values()) {
			lines.add(row(meter.getName(), meter.getType().name().toLowerCase(Locale.ROOT).replace('_', ' '),
					(meter.getBaseUnit() != null) ? meter.getBaseUnit() : "", meter.getKeyNames(), "",
					meter.getDescription()));
		}
		assertThat(Files.readString(DOCUMENT)).contains(String.join("\n", lines) + "\n");
	}

	@Test
	void valuesOfReasonsAreThoseInTheCode() throws Exception {
		Map<String, String> documented = new TreeMap<>();
		Matcher line = Pattern.compile("(?m)^- `reason` of `(hopper[a-z.]+)`: (.*)\\.$")
			.matcher(Files.readString(DOCUMENT));
		while (line.find()) {
			documented.put(line.group(1), line.group(2));
		}
		assertThat(documented).isEqualTo(new TreeMap<>(Map.of("hopper.outbox.dead", values(DeadLetter.Reason.values()),
				"hopper.outbox.discarded", values(EventDeliveryListener.DiscardReason.values()), "hopper.outbox.paused",
				values(EventOutboxState.PauseReason.values()), "hopper.events.discarded", "`disabled`")));
	}

	@Test
	void kindsOfFailuresAreThoseInTheCode() throws Exception {
		String kinds = Stream.of(FailureKind.values())
			.map((kind) -> "`" + kind.tag() + "`")
			.collect(Collectors.joining(", "));
		assertThat(Files.readString(DOCUMENT)).contains(kinds + ".");
	}

	private static String row(String name, String type, String unit, KeyName[] keys, String more, String description) {
		String tags = Stream.concat(Arrays.stream(keys).map((key) -> "`" + key.asString() + "`"), Stream.of(more))
			.filter((tag) -> !tag.isEmpty())
			.collect(Collectors.joining(", "));
		String prometheus = name.replace('.', '_') + ((type.equals("timer") || !unit.isEmpty()) ? "_seconds" : "")
				+ (type.equals(Meter.Type.COUNTER.name().toLowerCase(Locale.ROOT)) ? "_total" : "");
		return "| `" + name + "` | " + type + " | " + tags + (tags.isEmpty() ? "" : " ") + "| " + description + " | `"
				+ prometheus + "` |";
	}

	static String name(HopperObservationDocumentation observation) {
		return (observation.getName() != null) ? observation.getName()
				: new HopperObservationDocumentation.DefaultEventPublishObservationConvention().getName();
	}

	private static String firstSentence(HopperObservationDocumentation observation) throws Exception {
		Matcher comment = Pattern
			.compile("/\\*\\*((?:(?!\\*/).)*)\\*/\\s+" + observation.name() + " \\{", Pattern.DOTALL)
			.matcher(Files.readString(SOURCE));
		assertThat(comment.find()).isTrue();
		String text = comment.group(1).replaceAll("\\s*\\n\\s*\\*\\s?", " ").strip();
		String sentence = text.substring(0, (text + " ").indexOf(". "));
		assertThat(sentence).startsWith("Observation of ");
		return Character.toUpperCase(sentence.charAt(15)) + sentence.substring(16);
	}

	private static String values(Enum<?>[] values) {
		return Arrays.stream(values)
			.map((value) -> "`" + value.name().toLowerCase(Locale.ROOT) + "`")
			.collect(Collectors.joining(", "));
	}

}
