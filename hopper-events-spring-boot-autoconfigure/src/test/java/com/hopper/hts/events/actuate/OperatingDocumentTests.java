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
package com.hopper.hts.events.actuate;

import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import com.hopper.hts.events.outbox.StoredEvent;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Compares the document about operating with what the endpoint answers.
 */
class OperatingDocumentTests {

	private static final List<Class<?>> ANSWERS = List.of(OverviewDescriptor.class, OverviewDescriptor.Pause.class,
			OverviewDescriptor.Backlog.class, OverviewDescriptor.Token.class, RecentFailures.Failure.class,
			PageDescriptors.DeadLetters.class, DeadLetterDescriptor.class, StoredEvent.Failure.class,
			ActionDescriptor.class, ActionDescriptor.Matching.class, ErrorDescriptor.class);

	@Test
	void answersHaveTheFieldsInTheDocument() throws Exception {
		List<JsonNode> examples = Pattern.compile("(?s)```json\n(.*?)```")
			.matcher(document())
			.results()
			.map((block) -> JsonMapper.builder().build().readTree(block.group(1)))
			.toList();
		assertThat(examples).hasSize(4).allSatisfy(OperatingDocumentTests::check);
	}

	@Test
	void statesAreDocumented() throws Exception {
		String document = document();
		assertThat(OverviewDescriptor.State.values())
			.allSatisfy((state) -> assertThat(document).contains("| `" + state + "` |"));
	}

	private static void check(JsonNode json) {
		Map<String, JsonNode> objects = new LinkedHashMap<>();
		json.properties().forEach((property) -> objects.put(property.getKey(), property.getValue()));
		assertThat(ANSWERS.stream().map(OperatingDocumentTests::names))
			.anyMatch((names) -> names.containsAll(objects.keySet()));
		objects.forEach((name, value) -> {
			boolean counts = name.equals("types") || name.equals("reasons") || name.equals("filter");
			(value.isArray() ? value.valueStream() : Stream.of(value)).filter((each) -> each.isObject() && !counts)
				.forEach(OperatingDocumentTests::check);
		});
	}

	private static TreeSet<String> names(Class<?> type) {
		return new TreeSet<>(Arrays.stream(type.getRecordComponents()).map(RecordComponent::getName).toList());
	}

	private static String document() throws Exception {
		return Files.readString(Path.of("docs/operating.md"));
	}

}
