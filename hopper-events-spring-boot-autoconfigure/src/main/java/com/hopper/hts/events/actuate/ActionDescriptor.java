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

import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.OperationResponseBody;

/**
 * What was done with dead letters, or would be.
 *
 * @param action {@code replay} or {@code discard}
 * @param dryRun whether nothing was done
 * @param filter which dead letters were asked for, empty for all
 * @param count how many were replayed or discarded, or would be with this request
 * @param missed how many were not, because somebody else was faster or the outbox in
 * memory is full
 * @param matching all dead letters that match, those of this request among them
 * @param remaining how many of them are left for further requests
 * @param next what {@code after} is for the next request, or {@code null} if nothing
 * remains
 * @param outlook what will become of them, in sentences
 */
record ActionDescriptor(String action, boolean dryRun, Map<String, String> filter, long count, long missed,
		Matching matching, long remaining, @Nullable String next,
		List<String> outlook) implements OperationResponseBody {

	/**
	 * Dead letters that match.
	 *
	 * @param count how many there are
	 * @param complete whether all were counted, or there are more
	 * @param types how many there are of each type
	 * @param reasons how many there are for each reason
	 */
	record Matching(long count, boolean complete, Map<String, Long> types, Map<String, Long> reasons) {

	}

}
